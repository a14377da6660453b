-- One line a statement: every command of the manual but SELECT, in several of its forms.
abort
abort work and no chain
alter aggregate a(int) rename to b
alter collation c refresh version
alter conversion c rename to d
alter database d set work_mem = '1MB'
alter database d rename to e
alter default privileges grant select on tables to public
alter domain d set not null
alter event trigger e disable
alter extension e update
alter foreign data wrapper w options (add a 'b')
alter foreign table t add column c int
alter function f(int) volatile
alter group g add user u
alter index i rename to j
alter language l rename to m
alter large object 1 owner to o
alter materialized view m rename to n
alter operator + (int, int) owner to o
alter operator class c using btree rename to d
alter operator family f using btree rename to g
alter policy p on t rename to q
alter procedure p(int) rename to q
alter publication p add table t
alter role r superuser
alter routine r(int) rename to s
alter rule r on t rename to s
alter schema s rename to t
alter sequence s restart
alter server s options (add a 'b')
alter statistics s set statistics 100
alter subscription s enable
alter system set work_mem = '1MB'
alter table t add column c int
alter table t drop column c
alter table t disable row level security
alter tablespace t rename to u
alter text search configuration c rename to d
alter text search dictionary d rename to e
alter text search parser p rename to q
alter text search template t rename to u
alter trigger t on u rename to v
alter type t add value 'a'
alter user u with password 'x'
alter user mapping for u server s options (add a 'b')
alter view v rename to w
analyze
analyze t
begin
begin isolation level serializable
call p()
call p(1, 'a')
checkpoint
close c
close all
cluster t
comment on table t is 'c'
commit
commit prepared 'x'
copy t from '/tmp/x'
copy t to '/tmp/x'
copy t to program 'id'
copy t from program 'id'
copy (select 1) to stdout
copy t from stdin
create access method a type index handler h
create aggregate a(int) (sfunc = f, stype = int)
create cast (int as text) with function f(int)
create collation c (locale = 'C')
create conversion c for 'UTF8' to 'LATIN1' from f
create database d
create domain d as int
create event trigger e on ddl_command_start execute function f()
create extension e
create foreign data wrapper w
create foreign table t (a int) server s
create function f() returns int language sql as 'select 1'
create function f() returns int return 1
create or replace procedure p() begin atomic insert into t values (1); end
create group g
create index on t (a)
create unique index concurrently i on t (lower(a))
create language l
create materialized view m as select 1
create operator + (leftarg = int, rightarg = int, function = f)
create operator class c for type int using btree as operator 1 <
create operator family f using btree
create policy p on t
create procedure p() language sql as 'select 1'
create publication p
create role r
create rule r as on insert to t do instead nothing
create rule r as on update to t do also (delete from a; delete from b)
create schema s
create schema s create table t (a int) create view v as select 1
create sequence s
create server s foreign data wrapper w
create statistics s on a, b from t
create subscription s connection 'host=x' publication p
create table t (a int)
create table t (a int default nextval('s'))
create temp table t (a int)
create unlogged table t (a int)
create table t as select 1
create table t as table u
create table t as execute p
create table t of ty
create table t partition of u for values in (1)
create tablespace t location '/x'
create text search configuration c (copy = d)
create text search dictionary d (template = t)
create text search parser p (start = a, gettoken = b, end = c, lextypes = d)
create text search template t (lexize = f)
create transform for int language l (from sql with function f(internal))
create trigger t before insert on u for each row execute function f()
create constraint trigger t after insert on u for each row execute function f()
create type t as (a int)
create type t as enum ('a')
create type t
create user u
create user mapping for u server s
create view v as select 1
create recursive view v (a) as select 1
deallocate p
deallocate all
declare c cursor for select 1
declare c cursor with hold for select 1
delete from t
delete from t using u where t.a = u.a returning *
with a as (select 1) delete from t
discard all
discard temp
do 'begin end'
do language plpgsql $$ begin perform pg_sleep(1); end $$
drop access method a
drop aggregate a(int)
drop cast (int as text)
drop collation c
drop conversion c
drop database d
drop domain d
drop event trigger e
drop extension e
drop foreign data wrapper w
drop foreign table t
drop function f
drop group g
drop index i
drop language l
drop materialized view m
drop operator + (int, int)
drop operator class c using btree
drop operator family f using btree
drop owned by r
drop policy p on t
drop procedure p
drop publication p
drop role r
drop routine r
drop rule r on t
drop schema s cascade
drop sequence s
drop server s
drop statistics s
drop subscription s
drop table t
drop tablespace t
drop text search configuration c
drop text search dictionary d
drop text search parser p
drop text search template t
drop transform for int language l
drop trigger t on u
drop type t
drop user u
drop user mapping for u server s
drop view v
end
execute p
execute p(1)
explain select 1
explain analyze delete from t
explain (analyze, buffers) select 1
fetch c
fetch all from c
grant select on t to public
grant r to s
import foreign schema a from server s into b
insert into t values (1)
insert into t select 1 on conflict do nothing returning *
with a as (select 1) insert into t select * from a
listen c
load 'x'
lock table t
lock table t in access exclusive mode nowait
merge into t using u on t.a = u.a when matched then delete
move c
notify c
notify c, 'x'
prepare p as select 1
prepare p (int) as insert into t values ($1)
prepare transaction 'x'
reassign owned by a to b
refresh materialized view m
reindex table t
release savepoint s
reset all
reset work_mem
revoke select on t from public
rollback
rollback to savepoint s
rollback prepared 'x'
savepoint s
security label on table t is 'x'
set work_mem = '1MB'
set local role postgres
set session authorization default
set constraints all deferred
set transaction read write
set session characteristics as transaction read write
set time zone 'UTC'
show work_mem
show all
start transaction
start transaction read write
truncate t
truncate t, u restart identity cascade
unlisten *
update t set a = 1
update t set a = 1 from u where t.b = u.b returning *
with a as (select 1) update t set a = 1
vacuum
vacuum full t
values (1)
values (1), (2) order by 1
table t
