-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 死刑执行信息 DB37/T 4221.10
CREATE TABLE "EXECUTION" (
  "SXHZCDSBH" VARCHAR(50) NOT NULL,  -- 死刑核准裁定书编号 exchange-02-022 c..50
  "GMSFHM" VARCHAR(18) NOT NULL,  -- 公民身份号码 4223.1-05-001 c18
  "XM" VARCHAR(30) NOT NULL,  -- 姓名 4223.1-05-003 c..30
  "XBDM" VARCHAR(1) NOT NULL,  -- 性别代码 4223.1-05-006 c1
  "MZDM" VARCHAR(2),  -- 民族代码 4223.1-05-008 c2
  "CSRQ" VARCHAR(8) NOT NULL,  -- 出生日期 4223.1-05-010 d8
  "HJDXZQHDM" VARCHAR(6),  -- 户籍地行政区划代码 4223.1-07-007 n6
  "HJDZ" VARCHAR(400),  -- 户籍地址 4223.1-07-006 c..400
  "PJFYMC" VARCHAR(100) NOT NULL,  -- 判决法院名称 exchange-02-017 c..100
  "PJSBH" VARCHAR(50) NOT NULL,  -- 判决书编号 exchange-02-018 c..50
  "PJRQ" VARCHAR(8) NOT NULL,  -- 判决日期 exchange-02-019 d8
  "ZM" VARCHAR(200) NOT NULL,  -- 罪名 exchange-02-020 c..200
  "SXHZFYMC" VARCHAR(100) NOT NULL,  -- 死刑核准法院名称 exchange-02-021 c..100
  "SXHZRQ" VARCHAR(8) NOT NULL,  -- 死刑核准日期 exchange-02-023 d8
  "SXZXFYMC" VARCHAR(100) NOT NULL,  -- 死刑执行法院名称 exchange-02-024 c..100
  "SXZXRQ" VARCHAR(8) NOT NULL,  -- 死刑执行日期 exchange-02-025 d8
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("SXHZCDSBH", "GMSFHM", "PCH", "CZSJ")
);

-- 死刑执行信息 批次
CREATE TABLE "EXECUTION_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
