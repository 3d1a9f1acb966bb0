#include "base/bytes.h"

#include <gtest/gtest.h>

namespace podswarm::base {
namespace {

std::string decoded32(std::string_view text) {
  const auto bytes = from_base32(text);
  return bytes ? std::string(as_text(*bytes)) : "none";
}

TEST(Bytes, HexBothWays) {
  const Bytes bytes{0x00, 0x7f, 0x80, 0xff};
  EXPECT_EQ(to_hex(bytes), "007f80ff");
  EXPECT_EQ(from_hex("007F80fF"), bytes);
  EXPECT_EQ(from_hex(""), Bytes{});
  for (const char* text : {"0", "0g", "0x00", " 00", "00 "}) EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Bytes, Base32OfRfc4648) {
  EXPECT_EQ(decoded32(""), "");
  EXPECT_EQ(decoded32("MY"), "f");
  EXPECT_EQ(decoded32("MZXQ"), "fo");
  EXPECT_EQ(decoded32("MZXW6"), "foo");
  EXPECT_EQ(decoded32("MZXW6YQ"), "foob");
  EXPECT_EQ(decoded32("mzxw6ytb"), "fooba");
  EXPECT_EQ(decoded32("MZXW6YTBOI"), "foobar");
  for (const char* text : {"M", "MZX", "MZXW6Y", "MY======", "M1", "M0", "MY ", "M\xC3\xA4"}) {
    EXPECT_FALSE(from_base32(text)) << text;
  }
}

TEST(Bytes, Base64OfRfc4648) {
  EXPECT_EQ(to_base64(as_bytes("")), "");
  EXPECT_EQ(to_base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(to_base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(to_base64(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(to_base64(Bytes{0xfb, 0xff, 0xfe}), "+//+");
}

TEST(Bytes, PercentBothWays) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("aZ09-._~ /+\xC3\xA4"), "aZ09-._~%20%2F%2B%C3%A4");
  EXPECT_EQ(percent_decode("a%2fb+c"), "a/b+c");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41%4%41"), "%zzA%4A");
}

TEST(Bytes, BigEndianBothWays) {
  std::uint8_t room[8];
  store_be64(room, 0x0102030405060708);
  EXPECT_EQ(to_hex(room), "0102030405060708");
  EXPECT_EQ(load_be64(room), 0x0102030405060708u);
  store_be32(room, 0xfffefdfc);
  EXPECT_EQ(load_be32(room), 0xfffefdfcu);
  EXPECT_EQ(load_be16(room), 0xfffeu);
  store_be16(room, 0x8001);
  EXPECT_EQ(load_be16(room), 0x8001u);
}

}  // namespace
}  // namespace podswarm::base
