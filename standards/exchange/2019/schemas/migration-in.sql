-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 户籍迁入信息 DB37/T 4221.2—2020
CREATE TABLE "MIGRATION_IN" (
  "GMSFHM" VARCHAR(18) NOT NULL,  -- 公民身份号码 4223.1-05-001 c18
  "XM" VARCHAR(30) NOT NULL,  -- 姓名 4223.1-05-003 c..30
  "XBDM" VARCHAR(1) NOT NULL,  -- 性别代码 4223.1-05-006 c1
  "MZDM" VARCHAR(2),  -- 民族代码 4223.1-05-008 c2
  "CSRQ" VARCHAR(8) NOT NULL,  -- 出生日期 4223.1-05-010 d8
  "QRRQ" VARCHAR(8) NOT NULL,  -- 迁入日期 4223.1-07-015 d8
  "QYYY" VARCHAR(100) NOT NULL,  -- 迁移原因 4223.1-07-019 c..100
  "QCDXZQHDM" VARCHAR(6) NOT NULL,  -- 迁出地行政区划代码 4223.1-07-016 n6
  "QCDZ" VARCHAR(400),  -- 迁出地址 exchange-02-001 c..400
  "HJDXZQHDM" VARCHAR(6) NOT NULL,  -- 户籍地行政区划代码 4223.1-07-007 n6
  "HJDZ" VARCHAR(400) NOT NULL,  -- 户籍地址 4223.1-07-006 c..400
  "HH" VARCHAR(20) NOT NULL,  -- 户号 4223.1-07-001 c..20
  "HZGMSFHM" VARCHAR(18),  -- 户主公民身份号码 4223.1-07-003 c18
  "YHZGXDM" VARCHAR(2) NOT NULL,  -- 与户主关系代码 4223.1-07-004 c2
  "HKLBDM" VARCHAR(1),  -- 户口类别代码 4223.1-07-005 c1
  "ZYQRZMBH" VARCHAR(20),  -- 准予迁入证明编号 exchange-02-003 c..20
  "HKQYZBH" VARCHAR(20),  -- 户口迁移证编号 exchange-02-004 c..20
  "DJJGMC" VARCHAR(100) NOT NULL,  -- 登记机关名称 4223.1-05-045 c..100
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("GMSFHM", "QRRQ", "PCH", "CZSJ")
);

-- 户籍迁入信息 批次
CREATE TABLE "MIGRATION_IN_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
