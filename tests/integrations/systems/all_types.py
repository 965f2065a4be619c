"""Values that databases hold, one for each type and oddity: what a column is declared as, and what is written to it."""

from typing import Final

POSTGRESQL: Final = [
    ("date", "'infinity'"), ("date", "'-infinity'"), ("date", "'0044-03-15 BC'"), ("date", "'5874897-12-31'"),
    ("date", "'2020-02-29'"), ("timestamp", "'infinity'"), ("timestamp", "'294276-12-31 23:59:59.999999'"),
    ("timestamp", "'4713-01-02 00:00:00 BC'"), ("timestamp", "'2020-02-29 12:30:00.5'"),
    ("timestamptz", "'-infinity'"), ("timestamptz", "'10000-01-01 00:00:00+00'"),
    ("timestamptz", "'0001-01-01 00:00:00+14'"), ("timestamptz", "'0044-03-15 00:00:00+00 BC'"),
    ("timestamptz", "'2020-02-29 12:30:00+02'"), ("time", "'24:00:00'"), ("timetz", "'24:00:00+05:30'"),
    ("interval", "'178000000 years 3 mons -4 days 00:00:00.000001'"), ("bigint", "9223372036854775807"),
    ("bigint", "-9223372036854775808"), ("smallint", "-32768"), ("numeric", "'NaN'"), ("numeric", "'Infinity'"),
    ("numeric", "1" + "0" * 999 + ".5"), ("numeric", "0.0000000000000001"), ("numeric(10,2)", "'NaN'"),
    ("numeric(10,2)", "42.50"), ("numeric(38,10)", "9007199254740993.1"), ("float8", "'NaN'"),
    ("float8", "'-Infinity'"), ("float8", "1e-300"), ("real", "'Infinity'"), ("real", "0.1"),
    ("money", "-92233720368547758.08"), ("boolean", "true"), ("bytea", "'\\xfffe00'"), ("bit(5)", "B'00101'"),
    ("varbit", "B'1'"), ("text", "E'\\x01 \\u2028 <b>&'"), ("varchar(9)", "''"), ("char(6)", "'ab'"),
    ('"char"', "'x'"), ("name", "'n'"), ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"), ("inet", "'10.0.0.1'"),
    ("inet", "'10.0.0.1/8'"), ("cidr", "'10.0.0.0/8'"), ("macaddr", "'08:00:2b:01:02:03'"),
    ("macaddr8", "'08:00:2b:01:02:03:04:05'"), ("json", "'{\"b\": 12345678901234567890.10, \"a\":[1, null]}'"),
    ("jsonb", "'{\"a\": 1e400}'"), ("jsonb", "'null'"), ("jsonb", "'\"text\"'"), ("xml", "'<a>&lt;</a>'"),
    ("tsvector", "'a:1 b:2'"), ("tsquery", "'a & b'"), ("pg_lsn", "'16/B374D848'"), ("oid", "4294967295"),
    ("point", "'(1.5,2)'"), ("box", "'(2,2),(0,0)'"), ("polygon", "'((0,0),(1,1))'"), ("circle", "'<(0,0),1>'"),
    ("int4range", "'[1,5)'"), ("tstzrange", "'[2020-01-01 00:00+00,infinity)'"), ("daterange", "'(,)'"),
    ("int4multirange", "'{[1,3), [5,9)}'"), ("integer[]", "'{1,NULL,3}'"), ("integer[]", "'[2:3]={1,2}'"),
    ("text[]", "'{{a,b},{NULL,\"c,\\\"d\"}}'"), ("date[]", "'{infinity}'"), ("numeric[]", "'{NaN,1.50}'"),
    ("jsonb[]", "ARRAY['{\"a\": 1}'::jsonb]"), ("bytea[]", "ARRAY['\\xff'::bytea]"), ("text[]", "'{}'"),
    ("rf_mood", "'glad'"), ("rf_mood[]", "'{sad,glad}'"), ("rf_pair", "ROW(1, 'a \"b\",c')"),
    ("rf_pair[]", "ARRAY[ROW(1, 'x')::rf_pair]"), ("rf_mail", "'a@x.fr'"), ("rf_deep", "'a@x.fr'"),
    ("rf_day", "'infinity'"), ("rf_many", "'{1,2}'"), ("hstore", "'a=>1, b=>NULL'"), ("citext", "'Ab'"),
]  # fmt: skip
"""Types of PostgreSQL with a literal of each."""

POSTGRESQL_TYPES: Final = (
    "CREATE EXTENSION IF NOT EXISTS hstore",
    "CREATE EXTENSION IF NOT EXISTS citext",
    "CREATE TYPE rf_mood AS ENUM ('sad', 'glad')",
    "CREATE TYPE rf_pair AS (n integer, t text)",
    "CREATE DOMAIN rf_mail AS varchar(40)",
    "CREATE DOMAIN rf_deep AS rf_mail",
    "CREATE DOMAIN rf_day AS date",
    "CREATE DOMAIN rf_many AS integer[]",
)
"""What must be there for :data:`POSTGRESQL`."""

MARIADB: Final = [
    ("date", "'0000-00-00'"), ("date", "'2020-00-00'"), ("date", "'2020-05-00'"), ("date", "'0000-05-01'"),
    ("date", "'9999-12-31'"), ("datetime(6)", "'0000-00-00 00:00:00'"), ("datetime(6)", "'2020-02-29 12:30:00.5'"),
    ("datetime", "'2020-00-00 01:02:03'"), ("timestamp NULL", "'0000-00-00 00:00:00'"),
    ("timestamp NULL", "'2020-02-29 12:30:00'"), ("time", "'838:59:59'"), ("time(6)", "'-838:59:58.999999'"),
    ("year", "2155"), ("year", "0"), ("bit(1)", "b'1'"), ("bit(12)", "b'101'"), ("bit(64)", "b'1'"),
    ("tinyint(1)", "7"), ("tinyint", "-128"), ("bigint", "-9223372036854775808"),
    ("bigint unsigned", "18446744073709551615"), ("decimal(65,30)", "12345678901234567890123456789012345.123"),
    ("decimal(10,2)", "-0.50"), ("float", "1.5"), ("double", "1.7976931348623157e308"), ("set('a','b')", "'a,b'"),
    ("enum('x','y')", "'y'"), ("json", "'{\"a\": 12345678901234567890.10}'"), ("blob", "x'fffe00'"),
    ("varbinary(9)", "x'ff'"), ("binary(4)", "'ab'"), ("char(6)", "'ab '"), ("varchar(20)", "'a😀'"),
    ("varchar(20) CHARACTER SET latin1", "'é'"), ("text", "''"), ("geometry", "ST_GeomFromText('POINT(1 2)')"),
    ("point", "ST_GeomFromText('POINT(1.5 -2)')"), ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    ("inet4", "'10.0.0.1'"), ("inet6", "'2001:db8::ff00'"),
]  # fmt: skip
"""Types of MariaDB with a literal of each."""

SQLITE: Final = [
    (declared, value)
    for declared in ("", "integer", "bigint", "text", "varchar(9)", "numeric", "decimal(10,2)", "real", "boolean",
                     "date", "datetime", "blob", "json", "money", "uuid")
    for value in ("9223372036854775807", "-1", "9007199254740993", "1.5", "9e999", "-9e999", "'infinity'", "'0044 BC'",
                  "'2020-02-29'", "'042'", "''", "'a' || char(0) || 'b'", "x'fffe00'", "CAST(x'e9' AS TEXT)", "x''")
]  # fmt: skip
"""Types that SQLite is told, each with values of every storage class."""
