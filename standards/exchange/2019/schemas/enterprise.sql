-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 企业登记信息 DB37/T 4222.1—2020
CREATE TABLE "ENTERPRISE" (
  "TYSHXYDM" VARCHAR(18) NOT NULL,  -- 统一社会信用代码 4223.2-05-001 c18
  "ZCH" VARCHAR(15),  -- 注册号 4223.2-05-004 c15
  "JGMC" VARCHAR(100) NOT NULL,  -- 机构名称 4223.2-05-005 c..100
  "JGLXDM" VARCHAR(3) NOT NULL,  -- 机构类型代码 4223.2-05-008 n..3
  "JGLXMC" VARCHAR(50),  -- 机构类型名称 4223.2-05-009 c..50
  "HYMLDM" VARCHAR(1),  -- 行业门类代码 4223.2-05-012 a1
  "HYDLDM" VARCHAR(2),  -- 行业大类代码 4223.2-05-014 n2
  "CLRQ" VARCHAR(8) NOT NULL,  -- 成立日期 4223.2-05-022 d8
  "HZRQ" VARCHAR(8) NOT NULL,  -- 核准日期 4223.2-05-024 d8
  "DJJGMC" VARCHAR(100) NOT NULL,  -- 登记机关名称 4223.2-05-018 c..100
  "DJJGXZQHDM" VARCHAR(6),  -- 登记机关行政区划代码 4223.2-05-019 n6
  "YYQXQSRQ" VARCHAR(8),  -- 营业期限起始日期 4223.2-05-025 d8
  "YYQXJZRQ" VARCHAR(8),  -- 营业期限截止日期 4223.2-05-026 d8
  "ZCZB" VARCHAR(19) NOT NULL,  -- 注册资本 4223.2-05-027 n..18,2
  "ZCZBBZDM" VARCHAR(3),  -- 注册资本币种代码 4223.2-05-028 a3
  "FDDBRXM" VARCHAR(50) NOT NULL,  -- 法定代表人姓名 4223.2-05-034 c..50
  "FDDBRZJLXDM" VARCHAR(3) NOT NULL,  -- 法定代表人证件类型代码 4223.2-05-035 n3
  "FDDBRZJHM" VARCHAR(18) NOT NULL,  -- 法定代表人证件号码 4223.2-05-037 c..18
  "ZS" VARCHAR(200) NOT NULL,  -- 住所 4223.2-05-045 c..200
  "ZSXZQHDM" VARCHAR(6) NOT NULL,  -- 住所行政区划代码 4223.2-05-046 n6
  "JGLXDH" VARCHAR(18),  -- 机构联系电话 4223.2-05-052 c..18
  "JYFW" VARCHAR(1000) NOT NULL,  -- 经营范围 4223.2-05-057 c..1000
  "QYGMDM" VARCHAR(1),  -- 企业规模代码 4223.2-05-073 n1
  "DJZTDM" VARCHAR(1) NOT NULL,  -- 登记状态代码 4223.2-05-077 n1
  "ZXRQ" VARCHAR(8),  -- 注销日期 4223.2-05-087 d8
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("TYSHXYDM", "PCH", "CZSJ")
);

-- 企业登记信息 批次
CREATE TABLE "ENTERPRISE_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
