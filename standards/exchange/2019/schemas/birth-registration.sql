-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 出生登记信息 DB37/T 4221.1—2020
CREATE TABLE "BIRTH_REGISTRATION" (
  "CSYXZMBH" VARCHAR(20) NOT NULL,  -- 出生医学证明编号 4223.1-06-001 c..20
  "GMSFHM" VARCHAR(18),  -- 公民身份号码 4223.1-05-001 c18
  "XM" VARCHAR(30) NOT NULL,  -- 姓名 4223.1-05-003 c..30
  "XBDM" VARCHAR(1) NOT NULL,  -- 性别代码 4223.1-05-006 c1
  "MZDM" VARCHAR(2),  -- 民族代码 4223.1-05-008 c2
  "CSRQ" VARCHAR(8) NOT NULL,  -- 出生日期 4223.1-05-010 d8
  "CSYZ" VARCHAR(2),  -- 出生孕周 4223.1-06-003 n..2,0
  "CSTZ" VARCHAR(5),  -- 出生体重 4223.1-06-004 n..5,0
  "CSSC" VARCHAR(5),  -- 出生身长 4223.1-06-005 n..4,1
  "CSDDLBDM" VARCHAR(1),  -- 出生地点类别代码 4223.1-06-006 c1
  "JSJGMC" VARCHAR(100),  -- 接生机构名称 4223.1-06-007 c..100
  "DBTBZ" VARCHAR(1),  -- 多胞胎标志 4223.1-06-009 bl
  "FQXM" VARCHAR(100),  -- 父亲姓名 4223.1-06-010 c..100
  "FQGMSFHM" VARCHAR(18),  -- 父亲公民身份号码 4223.1-06-011 c18
  "MQXM" VARCHAR(100) NOT NULL,  -- 母亲姓名 4223.1-06-012 c..100
  "MQGMSFHM" VARCHAR(18) NOT NULL,  -- 母亲公民身份号码 4223.1-06-013 c18
  "HH" VARCHAR(20) NOT NULL,  -- 户号 4223.1-07-001 c..20
  "HJDXZQHDM" VARCHAR(6) NOT NULL,  -- 户籍地行政区划代码 4223.1-07-007 n6
  "HJDZ" VARCHAR(400) NOT NULL,  -- 户籍地址 4223.1-07-006 c..400
  "CSDJRQ" VARCHAR(8) NOT NULL,  -- 出生登记日期 4223.1-06-014 d8
  "HJDJJGMC" VARCHAR(100) NOT NULL,  -- 户籍登记机关名称 4223.1-07-014 c..100
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("CSYXZMBH", "PCH", "CZSJ")
);

-- 出生登记信息 批次
CREATE TABLE "BIRTH_REGISTRATION_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
