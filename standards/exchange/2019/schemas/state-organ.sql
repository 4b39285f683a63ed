-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 机关单位登记信息 DB37/T 4222.3—2020
CREATE TABLE "STATE_ORGAN" (
  "TYSHXYDM" VARCHAR(18) NOT NULL,  -- 统一社会信用代码 4223.2-05-001 c18
  "JGMC" VARCHAR(100) NOT NULL,  -- 机构名称 4223.2-05-005 c..100
  "JGJC" VARCHAR(50),  -- 机构简称 4223.2-05-007 c..50
  "JGLXDM" VARCHAR(3) NOT NULL,  -- 机构类型代码 4223.2-05-008 n..3
  "LSGXDM" VARCHAR(2),  -- 隶属关系代码 4223.2-05-016 n2
  "CLRQ" VARCHAR(8),  -- 成立日期 4223.2-05-022 d8
  "DJRQ" VARCHAR(8) NOT NULL,  -- 登记日期 4223.2-05-023 d8
  "DJJGMC" VARCHAR(100) NOT NULL,  -- 登记机关名称 4223.2-05-018 c..100
  "PZSLWH" VARCHAR(100),  -- 批准设立文号 exchange-02-030 c..100
  "HDBZRS" VARCHAR(6),  -- 核定编制人数 exchange-02-031 n..6
  "ZYZZ" VARCHAR(1000),  -- 主要职责 exchange-02-032 c..1000
  "FDDBRXM" VARCHAR(50) NOT NULL,  -- 法定代表人姓名 4223.2-05-034 c..50
  "FDDBRZW" VARCHAR(12),  -- 法定代表人职务 4223.2-05-041 c..12
  "ZS" VARCHAR(200) NOT NULL,  -- 住所 4223.2-05-045 c..200
  "ZSXZQHDM" VARCHAR(6) NOT NULL,  -- 住所行政区划代码 4223.2-05-046 n6
  "JGYZBM" VARCHAR(6),  -- 机构邮政编码 4223.2-05-051 n6
  "JGLXDH" VARCHAR(18) NOT NULL,  -- 机构联系电话 4223.2-05-052 c..18
  "JGWZ" VARCHAR(200),  -- 机构网址 4223.2-05-055 c..200
  "JGYXZTDM" VARCHAR(1) NOT NULL,  -- 机构运行状态代码 4223.2-05-079 n1
  "CXRQ" VARCHAR(8),  -- 撤销日期 4223.2-05-090 d8
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("TYSHXYDM", "PCH", "CZSJ")
);

-- 机关单位登记信息 批次
CREATE TABLE "STATE_ORGAN_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
