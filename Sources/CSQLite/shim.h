// SQLite as Swift sees it: macros that are casts and variadic functions as inline functions, nothing else.
// Each wrapper is named `shim_` plus the name of what it stands for.
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast, which Swift does not import: SQLite copies the bytes before it returns.
// An empty text may have no address; to SQLite that would be a null.
static inline int shim_sqlite3_bind_text(
    sqlite3_stmt *statement, int index, const char *text, int count) {
  return sqlite3_bind_text(statement, index, text ? text : "", count, SQLITE_TRANSIENT);
}
static inline int shim_sqlite3_bind_blob(
    sqlite3_stmt *statement, int index, const void *bytes, int count) {
  return sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}

// sqlite3_config and sqlite3_db_config are variadic.
static inline int shim_sqlite3_config(int option, int value) {
  return sqlite3_config(option, value);
}
static inline int shim_sqlite3_db_config(sqlite3 *database, int option, int value) {
  return sqlite3_db_config(database, option, value, (int *)0);
}
