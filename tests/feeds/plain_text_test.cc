#include "feeds/plain_text.h"

#include <gtest/gtest.h>

namespace podswarm::feeds {
namespace {

TEST(PlainText, HasALineForEachParagraphAndItem) {
  EXPECT_EQ(plain_text("<p>Tom &amp; Jerry</p>\n  <p>on <b>tides</b>&hellip;</p><ul><li>one<li>two</ul>", 1000),
            "Tom & Jerry\non tides…\none\ntwo");
  EXPECT_EQ(plain_text("a<br>b<br/>c", 1000), "a\nb\nc");
}

TEST(PlainText, LeavesScriptsCommentsAndTagsOut) {
  EXPECT_EQ(plain_text("<style>p{}</style>a<!-- no --><script>alert('<p>')</script><img src=x>b", 1000), "ab");
}

TEST(PlainText, TextWithoutTagsKeepsItsLines) {
  EXPECT_EQ(plain_text("  one \r\n two\n\n\n\nthree &lt;3  ", 1000), "one\ntwo\n\nthree <3");
}

TEST(PlainText, IsCutAtACharacter) {
  EXPECT_EQ(plain_text("<p>ääää</p>", 5), "ää");
  EXPECT_EQ(plain_text("", 5), "");
  EXPECT_LE(plain_text(std::string(1'000'000, 'x'), 4000).size(), 4000u);
}

}  // namespace
}  // namespace podswarm::feeds
