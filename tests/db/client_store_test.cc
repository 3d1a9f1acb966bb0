#include "db/client_store.h"

#include "tests/db/fixture.h"

namespace podswarm::db {
namespace {

class ClientStoreTest : public StoreTest {
 protected:
  ClientStore clients_{database_};
};

TEST_F(ClientStoreTest, AClientIsKeptWithItsHash) {
  const auto added = clients_.add(" Ann's phone ", "hash-1", kNow);
  ASSERT_TRUE(added) << added.error().message;
  const auto list = clients_.list();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].name, "Ann's phone");
  EXPECT_EQ(list[0].token_hash, "hash-1");
  EXPECT_EQ(list[0].added_at, kNow);
  EXPECT_FALSE(list[0].last_seen_at);
  clients_.set_seen(added->id, kNow + std::chrono::hours(1));
  EXPECT_EQ(clients_.list()[0].last_seen_at, kNow + std::chrono::hours(1));
}

TEST_F(ClientStoreTest, ANameIsThereOnceHoweverItIsWritten) {
  ASSERT_TRUE(clients_.add("Ann's phone", "1", kNow));
  const auto again = clients_.add("ann s PHONE", "2", kNow);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ClientStoreError::kDuplicateName);
  EXPECT_THAT(again.error().message, testing::HasSubstr("Ann's phone"));
  for (const std::string bad : {"", "  ", "--", "a\xFF", "/"}) EXPECT_FALSE(clients_.add(bad, bad, kNow)) << bad;
  EXPECT_FALSE(clients_.add(std::string(201, 'x'), "3", kNow));
}

TEST_F(ClientStoreTest, ARemovedClientIsGone) {
  ASSERT_TRUE(clients_.add("one", "1", kNow));
  ASSERT_TRUE(clients_.add("two", "2", kNow));
  EXPECT_TRUE(clients_.remove("ONE"));
  EXPECT_FALSE(clients_.remove("one"));
  ASSERT_EQ(clients_.list().size(), 1u);
  EXPECT_EQ(clients_.list()[0].name, "two");
}

}  // namespace
}  // namespace podswarm::db
