-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 流动人口信息 DB37/T 4221.3—2020
CREATE TABLE "FLOATING_POPULATION" (
  "GMSFHM" VARCHAR(18) NOT NULL,  -- 公民身份号码 4223.1-05-001 c18
  "XM" VARCHAR(30) NOT NULL,  -- 姓名 4223.1-05-003 c..30
  "XBDM" VARCHAR(1) NOT NULL,  -- 性别代码 4223.1-05-006 c1
  "MZDM" VARCHAR(2),  -- 民族代码 4223.1-05-008 c2
  "CSRQ" VARCHAR(8) NOT NULL,  -- 出生日期 4223.1-05-010 d8
  "WHCDDM" VARCHAR(2),  -- 文化程度代码 4223.1-05-020 c2
  "HYZKDM" VARCHAR(2),  -- 婚姻状况代码 4223.1-05-024 c2
  "ZZMMDM" VARCHAR(2),  -- 政治面貌代码 4223.1-05-023 c2
  "CYZKDM" VARCHAR(2),  -- 从业状况代码 4223.1-05-027 c2
  "YDDH" VARCHAR(18) NOT NULL,  -- 移动电话 4223.1-05-034 c..18
  "HJDXZQHDM" VARCHAR(6) NOT NULL,  -- 户籍地行政区划代码 4223.1-07-007 n6
  "HJDZ" VARCHAR(400) NOT NULL,  -- 户籍地址 4223.1-07-006 c..400
  "XZDXZQHDM" VARCHAR(6) NOT NULL,  -- 现住地行政区划代码 4223.1-05-038 n6
  "XZDXZQHMC" VARCHAR(100),  -- 现住地行政区划名称 4223.1-05-039 c..100
  "XZZ" VARCHAR(400) NOT NULL,  -- 现住址 4223.1-05-040 c..400
  "LBDRQ" VARCHAR(8),  -- 来本地日期 exchange-02-008 d8
  "JZSY" VARCHAR(100) NOT NULL,  -- 居住事由 exchange-02-009 c..100
  "GZDWMC" VARCHAR(100),  -- 工作单位名称 4223.1-05-041 c..100
  "GZDWTYSHXYDM" VARCHAR(18),  -- 工作单位统一社会信用代码 4223.1-05-042 c18
  "JZZBH" VARCHAR(20),  -- 居住证编号 exchange-02-005 c..20
  "JZZQFRQ" VARCHAR(8),  -- 居住证签发日期 exchange-02-006 d8
  "JZZYXQJZRQ" VARCHAR(8),  -- 居住证有效期截止日期 exchange-02-007 d8
  "DJRQ" VARCHAR(8) NOT NULL,  -- 登记日期 4223.1-05-044 d8
  "DJJGMC" VARCHAR(100) NOT NULL,  -- 登记机关名称 4223.1-05-045 c..100
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("GMSFHM", "DJRQ", "PCH", "CZSJ")
);

-- 流动人口信息 批次
CREATE TABLE "FLOATING_POPULATION_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
