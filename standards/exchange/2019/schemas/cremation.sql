-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 火化信息 DB37/T 4221.10
CREATE TABLE "CREMATION" (
  "HHZBH" VARCHAR(30) NOT NULL,  -- 火化证编号 4223.1-10-009 c..30
  "SWYXZMBH" VARCHAR(30),  -- 死亡医学证明编号 4223.1-10-005 c..30
  "GMSFHM" VARCHAR(18),  -- 公民身份号码 4223.1-05-001 c18
  "XM" VARCHAR(30) NOT NULL,  -- 姓名 4223.1-05-003 c..30
  "XBDM" VARCHAR(1) NOT NULL,  -- 性别代码 4223.1-05-006 c1
  "CSRQ" VARCHAR(8),  -- 出生日期 4223.1-05-010 d8
  "HJDXZQHDM" VARCHAR(6),  -- 户籍地行政区划代码 4223.1-07-007 n6
  "HJDZ" VARCHAR(400),  -- 户籍地址 4223.1-07-006 c..400
  "SWRQ" VARCHAR(8) NOT NULL,  -- 死亡日期 4223.1-10-001 d8
  "HHRQ" VARCHAR(8) NOT NULL,  -- 火化日期 4223.1-10-008 d8
  "BYGMC" VARCHAR(100) NOT NULL,  -- 殡仪馆名称 4223.1-10-010 c..100
  "BYGTYSHXYDM" VARCHAR(18) NOT NULL,  -- 殡仪馆统一社会信用代码 exchange-02-016 c18
  "GHLQRXM" VARCHAR(50),  -- 骨灰领取人姓名 exchange-02-014 c..50
  "GHLQRGMSFHM" VARCHAR(18),  -- 骨灰领取人公民身份号码 exchange-02-015 c18
  "BZ" TEXT,  -- 备注 4223.1-05-049 ul
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("HHZBH", "PCH", "CZSJ")
);

-- 火化信息 批次
CREATE TABLE "CREMATION_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
