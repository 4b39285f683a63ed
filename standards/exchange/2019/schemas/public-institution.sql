-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 事业单位登记信息 DB37/T 4222.3—2020
CREATE TABLE "PUBLIC_INSTITUTION" (
  "TYSHXYDM" VARCHAR(18) NOT NULL,  -- 统一社会信用代码 4223.2-05-001 c18
  "JGMC" VARCHAR(100) NOT NULL,  -- 机构名称 4223.2-05-005 c..100
  "ZZHYWFW" VARCHAR(1000) NOT NULL,  -- 宗旨和业务范围 4223.2-05-058 c..1000
  "JFLYDM" VARCHAR(1) NOT NULL,  -- 经费来源代码 4223.2-05-068 n1
  "JFLYMC" VARCHAR(50),  -- 经费来源名称 4223.2-05-069 c..50
  "KBZJ" VARCHAR(19) NOT NULL,  -- 开办资金 4223.2-05-033 n..18,2
  "JBDWMC" VARCHAR(100) NOT NULL,  -- 举办单位名称 4223.2-05-059 c..100
  "JBDWTYSHXYDM" VARCHAR(18),  -- 举办单位统一社会信用代码 4223.2-05-060 c18
  "CLRQ" VARCHAR(8),  -- 成立日期 4223.2-05-022 d8
  "DJRQ" VARCHAR(8) NOT NULL,  -- 登记日期 4223.2-05-023 d8
  "DJJGMC" VARCHAR(100) NOT NULL,  -- 登记机关名称 4223.2-05-018 c..100
  "DJJGXZQHDM" VARCHAR(6),  -- 登记机关行政区划代码 4223.2-05-019 n6
  "PZSLWH" VARCHAR(100),  -- 批准设立文号 exchange-02-030 c..100
  "FDDBRXM" VARCHAR(50) NOT NULL,  -- 法定代表人姓名 4223.2-05-034 c..50
  "FDDBRGMSFHM" VARCHAR(18),  -- 法定代表人公民身份号码 4223.2-05-038 c18
  "ZS" VARCHAR(200) NOT NULL,  -- 住所 4223.2-05-045 c..200
  "ZSXZQHDM" VARCHAR(6) NOT NULL,  -- 住所行政区划代码 4223.2-05-046 n6
  "JGLXDH" VARCHAR(18),  -- 机构联系电话 4223.2-05-052 c..18
  "FRZSYXQQSRQ" VARCHAR(8) NOT NULL,  -- 法人证书有效期起始日期 4223.2-05-070 d8
  "FRZSYXQJZRQ" VARCHAR(8) NOT NULL,  -- 法人证书有效期截止日期 4223.2-05-071 d8
  "CYRS" VARCHAR(8),  -- 从业人数 4223.2-05-072 n..8
  "DJZTDM" VARCHAR(1) NOT NULL,  -- 登记状态代码 4223.2-05-077 n1
  "ZXRQ" VARCHAR(8),  -- 注销日期 4223.2-05-087 d8
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("TYSHXYDM", "PCH", "CZSJ")
);

-- 事业单位登记信息 批次
CREATE TABLE "PUBLIC_INSTITUTION_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
