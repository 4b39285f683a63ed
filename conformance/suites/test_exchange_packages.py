"""Exchange packages and series of them; DB37/T 3522, file mode."""

from __future__ import annotations

from conformance.harness import Judged, requirement


@requirement("EX-ARCHIVE")
def test_the_package_unpacks_safely(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：各条目在包内，无越界路径、链接、嵌套压缩包、加密与同名条目，大小不超过限值。"""
    package.must_hold()


@requirement("EX-NAME")
def test_package_and_files_are_named_by_the_rules(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：包名为提供方代码、数据集、方式、批次号；文件按命名规则存放。"""
    package.must_hold()


@requirement("EX-MANIFEST")
def test_the_manifest_is_there_and_valid(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：交换包应有清单，清单符合其模式。"""
    package.must_hold()


@requirement("EX-FILES")
def test_manifest_and_files_agree(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：清单列出的文件都在包内，包内的文件都列入清单。"""
    package.must_hold()


@requirement("EX-DIGEST")
def test_sizes_and_digests_agree(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：清单所列各文件的字节数和摘要，应与文件内容一致。"""
    package.must_hold()


@requirement("EX-COUNT")
def test_record_counts_agree(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：清单与文件头所列的记录数，应与实际记录数一致。"""
    package.must_hold()


@requirement("EX-EDITION")
def test_dataset_and_edition_are_the_declared_ones(package: Judged) -> None:
    """DB37/T 4220—2020 7：清单和文件头所称的数据集及其版本，应为声明的数据集和版本。"""
    package.must_hold()


@requirement("EX-IDENTITY")
def test_the_identity_is_the_same_throughout(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：包标识、提供方、数据集、方式、批次号在包名、清单、文件头中一致。"""
    package.must_hold()


@requirement("EX-PROVIDER")
def test_the_provider_has_a_credit_code(package: Judged) -> None:
    """GB 32100—2015 代码结构与校验码：提供方代码应为结构正确、校验码无误的统一社会信用代码。"""
    package.must_hold()


@requirement("EX-RESOURCE")
def test_the_resource_code_is_the_datasets(package: Judged) -> None:
    """DB37/T 3522—2019 5.2.2.3：信息资源代码符合编码规则，后12位在 000001000001 至 999999999999 之间，且为该数据集的代码。"""
    package.must_hold()


@requirement("EX-CREATED")
def test_the_time_of_making_is_plausible(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：生成时间带时区，不晚于检测之日，系列中依批次为序。"""
    package.must_hold()


@requirement("EX-METADATA")
def test_the_core_metadata_are_valid(package: Judged) -> None:
    """DB37/T 2885—2016 附录A：包内的核心元数据应符合其 XML 模式，资源标识符和提供方与清单一致。"""
    package.must_hold()


@requirement("EX-ENCODING")
def test_bytes_are_in_the_encoding_declared(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：数据文件的字节应为清单所称的编码，中间无 BOM，无 NUL。"""
    package.must_hold()


@requirement("EX-DOCTYPE")
def test_xml_holds_no_document_type(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：XML 文件不得含文档类型声明，不得声明或引用实体。"""
    package.must_hold()


@requirement("EX-WELLFORMED")
def test_files_are_well_formed(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：XML、JSON、JSON Lines、CSV 文件应符合各自的语法。"""
    package.must_hold()


@requirement("EX-NAMESPACE")
def test_root_element_and_namespace_are_right(package: Judged) -> None:
    """GS/T 4—2006 7：XML 文件的根元素与命名空间，应为该数据集该版本的根元素与命名空间。"""
    package.must_hold()


@requirement("EX-STRUCTURE")
def test_structure_is_that_of_the_schema(package: Judged) -> None:
    """GS/T 4—2006 7：文件头和记录只含模式列出的项，每项至多一次，依次序，无嵌套。"""
    package.must_hold()


@requirement("EX-FORMULA")
def test_csv_holds_no_formula(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：CSV 的值不得以公式的起始字符开头。"""
    package.must_hold()


@requirement("EX-OPERATION")
def test_operations_fit_the_mode(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：增量包的每条记录都有操作类型；全量包不填，或为新增。"""
    package.must_hold()


@requirement("EX-BATCH")
def test_batches_follow_without_a_gap(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：同一提供方、同一数据集的批次号自 000001 起连续。"""
    package.must_hold()


@requirement("EX-REPEAT")
def test_a_package_sent_again_is_the_same(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：包标识相同的包，内容逐字节相同。"""
    package.must_hold()


@requirement("EX-STATE")
def test_operations_meet_the_state_that_they_need(package: Judged) -> None:
    """DB37/T 3522—2019 5.1 c)：依次应用时，新增的主键尚不存在，修改、删除的主键已存在。"""
    package.must_hold()
