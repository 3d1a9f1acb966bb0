#include "base/ip_range.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>

namespace podswarm::base {
namespace {

bool is_public(const std::string& text) {
  std::uint8_t bytes[16];
  const bool six = text.find(':') != std::string::npos;
  EXPECT_EQ(inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes), 1) << text;
  return is_public_address(ByteView(bytes, six ? 16 : 4));
}

TEST(IpRange, OrdinaryHostsArePublic) {
  for (const char* text :
       {"1.1.1.1",         "8.8.8.8",     "9.255.255.255",   "11.0.0.0",        "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0",   "169.253.255.255", "169.255.0.0",     "172.15.255.255", "172.32.0.0",
        "192.0.1.0",       "192.0.3.0",   "192.167.255.255", "192.169.0.0",     "198.17.255.255", "198.20.0.0",
        "198.51.101.0",    "203.0.114.0", "223.255.255.255", "2606:4700::1111", "2001:200::1",    "2001:db7:ffff::1",
        "2001:db9::1",     "2a00::1",     "3ffe::1",         "3fff:1000::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(IpRange, InnerAndReservedAddressesAreNot) {
  for (const char* text : {"0.0.0.0",
                           "0.255.255.255",
                           "10.0.0.0",
                           "10.255.255.255",
                           "100.64.0.0",
                           "100.127.255.255",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.0.0",
                           "169.254.169.254",
                           "172.16.0.0",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.0.0",
                           "192.168.255.255",
                           "198.18.0.0",
                           "198.19.255.255",
                           "198.51.100.7",
                           "203.0.113.9",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::7f00:1",
                           "100::1",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "2001::1",
                           "2001:10::1",
                           "2001:1ff:ffff::1",
                           "2001:db8::1",
                           "2001:db8:ffff::1",
                           "3fff::1",
                           "3fff:fff::1",
                           "5f00::1",
                           "64:ff9b:1::808:808"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(IpRange, WhatCarriesAnIpv4AddressIsAsPublicAsThatAddress) {
  EXPECT_TRUE(is_public("::ffff:8.8.8.8"));
  EXPECT_TRUE(is_public("64:ff9b::8.8.8.8"));
  EXPECT_TRUE(is_public("2002:808:808::1"));
  EXPECT_FALSE(is_public("::ffff:127.0.0.1"));
  EXPECT_FALSE(is_public("::ffff:192.168.1.1"));
  EXPECT_FALSE(is_public("64:ff9b::10.0.0.1"));
  EXPECT_FALSE(is_public("2002:7f00:1::1"));
  EXPECT_FALSE(is_public("2002:c0a8:101::1"));
}

TEST(LocalHost, IsWhatItsNameSays) {
  for (const char* host : {"127.0.0.1", "192.168.1.5", "10.0.0.1", "169.254.169.254", "::1", "fd00::5", "fe80::1%eth0",
                           "::ffff:10.0.0.1", "localhost", "podcasts.localhost", "nas", "nas.local", "nas.local.",
                           "nas.lan", "nas.home.arpa", "nas.corp.internal"}) {
    EXPECT_TRUE(is_local_host(host)) << host;
  }
  for (const char* host : {"", ".", "example.org", "8.8.8.8", "2606:4700::1111", "local.example.org", "notlocal.org",
                           "10.0.0.1.example.org", "127.0.0.1.nip.io", "evillocal.com"}) {
    EXPECT_FALSE(is_local_host(host)) << host;
  }
}

TEST(IpRange, OtherLengthsAreNotPublic) {
  const Bytes bytes(20, 8);
  for (const std::size_t size : {0, 1, 3, 5, 15, 17, 20}) EXPECT_FALSE(is_public_address(ByteView(bytes.data(), size)));
}

}  // namespace
}  // namespace podswarm::base
