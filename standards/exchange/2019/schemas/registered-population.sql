-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 户籍人口信息 DB37/T 4221.2—2020
CREATE TABLE "REGISTERED_POPULATION" (
  "GMSFHM" VARCHAR(18) NOT NULL,  -- 公民身份号码 4223.1-05-001 c18
  "XM" VARCHAR(30) NOT NULL,  -- 姓名 4223.1-05-003 c..30
  "CYM" VARCHAR(30),  -- 曾用名 4223.1-05-004 c..30
  "XBDM" VARCHAR(1) NOT NULL,  -- 性别代码 4223.1-05-006 c1
  "XBMC" VARCHAR(10),  -- 性别名称 4223.1-05-007 c..10
  "MZDM" VARCHAR(2) NOT NULL,  -- 民族代码 4223.1-05-008 c2
  "MZMC" VARCHAR(10),  -- 民族名称 4223.1-05-009 c..10
  "CSRQ" VARCHAR(8) NOT NULL,  -- 出生日期 4223.1-05-010 d8
  "JGXZQHDM" VARCHAR(6),  -- 籍贯行政区划代码 4223.1-05-013 n6
  "WHCDDM" VARCHAR(2),  -- 文化程度代码 4223.1-05-020 c2
  "HYZKDM" VARCHAR(2),  -- 婚姻状况代码 4223.1-05-024 c2
  "GZDWMC" VARCHAR(100),  -- 工作单位名称 4223.1-05-041 c..100
  "HH" VARCHAR(20) NOT NULL,  -- 户号 4223.1-07-001 c..20
  "HZGMSFHM" VARCHAR(18),  -- 户主公民身份号码 4223.1-07-003 c18
  "YHZGXDM" VARCHAR(2) NOT NULL,  -- 与户主关系代码 4223.1-07-004 c2
  "HKLBDM" VARCHAR(1) NOT NULL,  -- 户口类别代码 4223.1-07-005 c1
  "HJDXZQHDM" VARCHAR(6) NOT NULL,  -- 户籍地行政区划代码 4223.1-07-007 n6
  "HJDXZQHMC" VARCHAR(100),  -- 户籍地行政区划名称 4223.1-07-008 c..100
  "HJDXZJDDM" VARCHAR(9),  -- 户籍地乡镇街道代码 4223.1-07-009 n9
  "HJDZ" VARCHAR(400) NOT NULL,  -- 户籍地址 4223.1-07-006 c..400
  "HJDJRQ" VARCHAR(8) NOT NULL,  -- 户籍登记日期 4223.1-07-013 d8
  "HJDJJGMC" VARCHAR(100),  -- 户籍登记机关名称 4223.1-07-014 c..100
  "YDDH" VARCHAR(18),  -- 移动电话 4223.1-05-034 c..18
  "YXBZ" VARCHAR(1) NOT NULL,  -- 有效标志 4223.1-05-048 bl
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("GMSFHM", "PCH", "CZSJ")
);

-- 户籍人口信息 批次
CREATE TABLE "REGISTERED_POPULATION_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
