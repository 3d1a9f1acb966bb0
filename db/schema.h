// The tables, as numbered migrations: the n-th one leads from version n-1 to version n.
#pragma once

#include <span>

namespace podswarm::db {

// SQL scripts, in order. A published one never changes: what is to change comes as a further one.
[[nodiscard]] std::span<const char* const> schema_migrations();

}  // namespace podswarm::db
