import { p256 } from "@noble/curves/p256";
import { sha256 } from "@noble/hashes/sha2";
import { sm2 } from "sm-crypto-v2";
import { gunzipSync } from "fflate";
export { p256, sha256, sm2, gunzipSync };
