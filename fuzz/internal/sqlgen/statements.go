package sqlgen

import "strings"

func replaceAll(s, old, new string) string { return strings.ReplaceAll(s, old, new) }

// modifyingStatements are those that WITH takes and that are not queries.
var modifyingStatements = []string{
	"insert into {table} values (1000, 'x') returning id", "insert into {table} select 1001, 'x' on conflict (id) do update set v = 'y'", "update {table} set v = 'x' returning id", "update {table} set v = 'x' where id = 1", "delete from {table} returning *", "delete from {table} where false",
	"merge into {table} t using (select 1 as id) s on t.id = s.id when matched then delete", "insert into {table} default values", "INSERT/**/into {table} values (1002, 'z')",
}

// statements are those of PostgreSQL's manual that are neither SELECT nor WITH.
// Most would leave something behind if they ran.
var statements = append([]string{
	"alter table {table} add column fuzz int", "alter role fuzz_victim superuser", "alter system set work_mem = '1GB'", "alter database postgres set work_mem = '1MB'", "analyze {table}", "begin", "call trap_proc()", "checkpoint", "close all", "cluster", "comment on table {table} is 'x'", "commit", "commit prepared 'canary'",
	"copy {table} to '{dir}/copied'", "copy {table} from program 'echo 1'", "copy (select 1) to program 'touch {dir}/touched'", "copy {table} to stdout", "copy {table} from stdin", "create table fuzz_made (a int)", "create table fuzz_made as select 1", "create temp table fuzz_made as select 1", "create view fuzz_made as select 1",
	"create materialized view fuzz_made as select 1 as a", "create function fuzz_made() returns int language sql as 'select 1'", "create role fuzz_made", "create database fuzz_made", "create extension if not exists citext", "create index on {table} (v)", "create sequence fuzz_made", "create schema fuzz_made", "create publication fuzz_made",
	"create server fuzz_made foreign data wrapper postgres_fdw", "create subscription fuzz_made connection 'host=127.0.0.1 port={port}' publication p", "create trigger fuzz_made before insert on {table} execute function f()", "create type fuzz_made as enum ('a')", "create statistics fuzz_made on id, v from {table}", "create rule fuzz_made as on insert to {table} do nothing", "create policy fuzz_made on {table}", "create event trigger fuzz_made on ddl_command_end execute function f()",
	"deallocate all", "declare c cursor for select 1", "declare c cursor with hold for select 1", "discard all", "do $$ begin delete from {table}; end $$", "drop table {table}", "drop owned by current_user", "end", "execute p", "explain analyze delete from {table}", "explain select 1", "explain (analyze) select pg_advisory_lock(4750)", "fetch all from c", "grant all on {table} to public",
	"import foreign schema public from server s into public", "listen canary", "load 'auto_explain'", "lock table {table}", "lock {table} in share mode nowait", "move all from c", "notify canary", "prepare p as select 1", "prepare transaction 'fuzz'", "reassign owned by fuzz_victim to postgres", "refresh materialized view trap_matview", "reindex table {table}", "release savepoint s", "reset all", "revoke all on {table} from public",
	"rollback", "rollback prepared 'canary'", "rollback to savepoint s", "savepoint s", "security label on table {table} is 'x'", "set statement_timeout = 0", "set session authorization postgres", "set role fuzz_victim", "set local work_mem = '1MB'", "set transaction read write", "set session characteristics as transaction read write", "set constraints all deferred", "show all", "show data_directory",
	"start transaction", "truncate {table}", "unlisten *", "vacuum", "vacuum full {table}", "values (1)", "table {table}", "alter table {table} disable row level security", "drop role fuzz_victim", "alter user postgres password 'x'", "set standard_conforming_strings = off", "abort", "with m as (delete from {table} returning *) insert into {table} select * from m",
	"alter sequence {seq} restart", "alter table {table} set logged", "alter large object {lo} owner to postgres", "create access method fuzz_made type index handler h", "create aggregate fuzz_made (int) (sfunc = int4pl, stype = int)", "create cast (int as text) with inout", "create collation fuzz_made from \"C\"", "create conversion fuzz_made for 'LATIN1' to 'UTF8' from f", "create domain fuzz_made as int",
	"create foreign table fuzz_made (a int) server s", "create operator #### (leftarg = int, function = int4um)", "create operator class fuzz_made for type int using btree as storage int", "create operator family fuzz_made using btree", "create tablespace fuzz_made location '/tmp'", "create text search configuration fuzz_made (copy = simple)", "create transform for int language sql (from sql with function f(internal))", "create user mapping for public server s", "create language fuzz_made",
}, modifyingStatements...)
