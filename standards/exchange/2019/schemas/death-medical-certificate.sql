-- 由 conformance.standard.schemas 生成，请勿手改。Generated; do not edit.
-- 长度按字符计。Lengths count characters.

-- 死亡医学证明信息 DB37/T 4221.10
CREATE TABLE "DEATH_MEDICAL_CERTIFICATE" (
  "SWYXZMBH" VARCHAR(30) NOT NULL,  -- 死亡医学证明编号 4223.1-10-005 c..30
  "GMSFHM" VARCHAR(18),  -- 公民身份号码 4223.1-05-001 c18
  "XM" VARCHAR(30) NOT NULL,  -- 姓名 4223.1-05-003 c..30
  "XBDM" VARCHAR(1) NOT NULL,  -- 性别代码 4223.1-05-006 c1
  "MZDM" VARCHAR(2),  -- 民族代码 4223.1-05-008 c2
  "GJDM" VARCHAR(3),  -- 国籍代码 4223.1-05-015 c3
  "CSRQ" VARCHAR(8),  -- 出生日期 4223.1-05-010 d8
  "WHCDDM" VARCHAR(2),  -- 文化程度代码 4223.1-05-020 c2
  "HYZKDM" VARCHAR(2),  -- 婚姻状况代码 4223.1-05-024 c2
  "GZDWMC" VARCHAR(100),  -- 工作单位名称 4223.1-05-041 c..100
  "HJDXZQHDM" VARCHAR(6),  -- 户籍地行政区划代码 4223.1-07-007 n6
  "XZDXZQHDM" VARCHAR(6),  -- 现住地行政区划代码 4223.1-05-038 n6
  "XZZ" VARCHAR(400),  -- 现住址 4223.1-05-040 c..400
  "SWRQ" VARCHAR(8) NOT NULL,  -- 死亡日期 4223.1-10-001 d8
  "SWDDLBDM" VARCHAR(1) NOT NULL,  -- 死亡地点类别代码 4223.1-10-004 c1
  "SWYYLBDM" VARCHAR(1) NOT NULL,  -- 死亡原因类别代码 4223.1-10-002 c1
  "SWYY" VARCHAR(200) NOT NULL,  -- 死亡原因 4223.1-10-003 c..200
  "SWZMQFJGMC" VARCHAR(100) NOT NULL,  -- 死亡证明签发机构名称 4223.1-10-006 c..100
  "SWZMTBYSXM" VARCHAR(50),  -- 死亡证明填报医师姓名 exchange-02-011 c..50
  "SWZMQFRQ" VARCHAR(8) NOT NULL,  -- 死亡证明签发日期 exchange-02-010 d8
  "SZJQSXM" VARCHAR(50),  -- 死者近亲属姓名 exchange-02-012 c..50
  "SZJQSLXDH" VARCHAR(18),  -- 死者近亲属联系电话 exchange-02-013 c..18
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "CZLX" VARCHAR(1) NOT NULL,  -- 操作类型 exchange-01-001 c1
  "CZSJ" VARCHAR(14) NOT NULL,  -- 操作时间 exchange-01-003 d14
  "CLZT" VARCHAR(1) NOT NULL,  -- 处理状态 exchange-01-004 c1
  PRIMARY KEY ("SWYXZMBH", "PCH", "CZSJ")
);

-- 死亡医学证明信息 批次
CREATE TABLE "DEATH_MEDICAL_CERTIFICATE_PC" (
  "PCH" VARCHAR(6) NOT NULL,  -- 批次号 exchange-01-002 n6
  "JLS" VARCHAR(12) NOT NULL,  -- 记录数 exchange-01-005 n..12
  "SCSJ" VARCHAR(14) NOT NULL,  -- 生成时间 exchange-01-006 d14
  PRIMARY KEY ("PCH")
);
