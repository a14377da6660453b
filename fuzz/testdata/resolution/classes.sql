-- Operator classes of the database's own that no text names: in indexes, partition
-- keys, as the default of one of PostgreSQL's types, in families that are not the
-- default, added to PostgreSQL's own families.
create function public.ran(what text) returns bool volatile language plpgsql as
  $$ begin raise notice 'ran: %', what; return true; end $$;
create function public.int_cmp(int, int) returns int volatile language plpgsql as $$ begin perform public.ran('int_cmp'); return btint4cmp($1, $2); end $$;
create function public.int_hash(int) returns int volatile language plpgsql as $$ begin perform public.ran('int_hash'); return $1; end $$;
create function public.int_hash2(int, bigint) returns bigint volatile language plpgsql as $$ begin perform public.ran('int_hash2'); return $1; end $$;
create function public.int_calm(int, int) returns int immutable language plpgsql as $$ begin return btint4cmp($1, $2); end $$;
create operator class public.loud_ops for type int using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 public.int_cmp(int, int);
create operator class public.loud_hash_ops for type int using hash as operator 1 =, function 1 public.int_hash(int), function 2 public.int_hash2(int, bigint);
create operator class public.calm_ops for type int using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 public.int_calm(int, int);

create table public.loud (a int, b text);
create index on public.loud (a public.loud_ops);
create table public.loud_hashed (a int, b text);
create index on public.loud_hashed using hash (a public.loud_hash_ops);
create table public.loud_expression (a int, b text);
create index on public.loud_expression (b, (a + 1) public.loud_ops) where a > 0;
create table public.loud_excluded (a int, exclude using btree (a public.loud_ops with =));
create table public.calm (a int, b text);
create index on public.calm (a public.calm_ops);
create table public.calm_ordinary (a int primary key, b text);

create table public.ranged (a int, b text) partition by range (a public.loud_ops);
create table public.ranged_1 partition of public.ranged for values from (0) to (10);
create table public.ranged_2 partition of public.ranged for values from (10) to (20);
create table public.ranged_rest partition of public.ranged default;
create table public.hashed (a int, b text) partition by hash (a public.loud_hash_ops);
create table public.hashed_0 partition of public.hashed for values with (modulus 2, remainder 0);
create table public.hashed_1 partition of public.hashed for values with (modulus 2, remainder 1);
create table public.listed (a int, b text) partition by list ((a + 1) public.loud_ops);
create table public.listed_1 partition of public.listed for values in (1, 3);
create table public.listed_2 partition of public.listed for values in (2, 4);
create table public.outer_list (a int, b text) partition by list (b);
create table public.outer_list_x partition of public.outer_list for values in ('x') partition by range (a public.loud_ops);
create table public.outer_list_x1 partition of public.outer_list_x for values from (0) to (10);
create table public.outer_list_x2 partition of public.outer_list_x for values from (10) to (20);
create table public.calm_listed (a int, b text) partition by list (a public.calm_ops);
create table public.calm_listed_1 partition of public.calm_listed for values in (1, 3);
create table public.calm_listed_2 partition of public.calm_listed for values in (2, 4);

create table public.above (a int, b text);
create table public.middle () inherits (public.above);
create table public.below () inherits (public.middle);
create index on public.below (a public.loud_ops);
create foreign data wrapper nowhere;
create server nowhere foreign data wrapper nowhere;
create materialized view public.kept as select a, b from public.calm_ordinary;
create index on public.kept (a public.loud_ops);

create view public.loud_view as select a, b from public.loud;
create view public.loud_view_twice as select b from public.loud_view;
create view public.ranged_view as select b from public.ranged where a = 1;
create view public.above_view as select exists (select from public.above where a = 1) as e;
create view public.calm_view as select a, b from public.calm;
create table public.policed (a int);
alter table public.policed enable row level security;
create policy looks on public.policed for select using (exists (select from public.loud l where l.a = policed.a));

create table public.arrayed (a int[], b text) partition by list (a);
create table public.arrayed_1 partition of public.arrayed for values in ('{1}', '{2}');

-- A type whose default operator class does nothing, and another class that does.
create type public.mile as (v int);
create function public.mile_eq(public.mile, public.mile) returns bool immutable language plpgsql as $$ begin return $1.v = $2.v; end $$;
create function public.mile_lt(public.mile, public.mile) returns bool immutable language plpgsql as $$ begin return $1.v < $2.v; end $$;
create function public.mile_gt(public.mile, public.mile) returns bool volatile language plpgsql as $$ begin perform public.ran('mile_gt'); return $1.v > $2.v; end $$;
create function public.mile_cmp(public.mile, public.mile) returns int volatile language plpgsql as $$ begin perform public.ran('mile_cmp'); return $1.v - $2.v; end $$;
create function public.mile_hash(public.mile) returns int volatile language plpgsql as $$ begin perform public.ran('mile_hash'); return 1; end $$;
create operator public.=~ (leftarg = public.mile, rightarg = public.mile, function = public.mile_eq, commutator = =~, hashes, merges);
create operator public.<~ (leftarg = public.mile, rightarg = public.mile, function = public.mile_lt);
create operator public.<=~ (leftarg = public.mile, rightarg = public.mile, function = public.mile_lt);
create operator public.>~ (leftarg = public.mile, rightarg = public.mile, function = public.mile_gt);
create operator public.>=~ (leftarg = public.mile, rightarg = public.mile, function = public.mile_gt);
create operator class public.mile_ops for type public.mile using btree as
  operator 1 <~, operator 2 <=~, operator 3 =~, operator 4 >=~, operator 5 >~, function 1 public.mile_cmp(public.mile, public.mile);
create operator class public.mile_hash_ops for type public.mile using hash as operator 1 =~, function 1 public.mile_hash(public.mile);
create table public.miles (id int, m public.mile);
create view public.sorted_miles as select m from public.miles order by m using operator(public.<~);
create view public.joined_miles as select a.id from public.miles a join public.miles b on a.m operator(public.=~) b.m;

-- What PostgreSQL has no order for.
create function public.circle_cmp(circle, circle) returns int volatile language plpgsql as $$ begin perform public.ran('circle_cmp'); return 0; end $$;
create operator class public.circle_ops default for type circle using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 public.circle_cmp(circle, circle);
create function public.box_cmp(box, box) returns int volatile language plpgsql as $$ begin perform public.ran('box_cmp'); return 0; end $$;
create operator class public.box_ops for type box using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 public.box_cmp(box, box);
create function public.bit_hash(bit) returns int volatile language plpgsql as $$ begin perform public.ran('bit_hash'); return 1; end $$;
create operator class public.bit_hash_ops default for type bit using hash as operator 1 =, function 1 public.bit_hash(bit);
create function public.text_frame(text, text, text, bool, bool) returns bool volatile language plpgsql as $$ begin perform public.ran('text_frame'); return true; end $$;
alter operator family pg_catalog.text_ops using btree add function 3 (text, text) public.text_frame(text, text, text, bool, bool);
create table public.shapes (id int, c circle, cs circle[], b box, t bpchar(3));
create view public.sorted_shapes as select c from public.shapes order by c;
create type public.shape_row as (c circle);
create table public.shape_rows (r public.shape_row);

-- Functions and casts that hand over a domain.
create function public.mark_ok(text) returns bool volatile language plpgsql as $$ begin perform public.ran('mark_ok'); return true; end $$;
create domain public.marked as text check (public.mark_ok(value));
create type public.crate as (a int, m public.marked);
create type public.marked_range as range (subtype = public.marked);
create type public.metre as (v int);
create function public.metre_text(public.metre) returns public.marked immutable language plpgsql as $$ begin return 'x'; end $$;
create cast (public.metre as text) with function public.metre_text(public.metre);
create type public.yard as (v int);
create function public.yard_varchar(public.yard) returns public.marked immutable language plpgsql as $$ begin return 'x'; end $$;
create cast (public.yard as text) with function public.yard_varchar(public.yard) as implicit;
create type public.foot as (v int);
create function public.foot_crate(public.foot) returns public.crate immutable language plpgsql as $$ begin return row(1, 'x'); end $$;
create cast (public.foot as public.crate) with function public.foot_crate(public.foot);
create function public.gives_crates() returns public.crate[] stable language plpgsql as $$ begin return array[row(1, 'x')::public.crate]; end $$;
create function public.gives_range() returns public.marked_range stable language plpgsql as $$ begin return '[a,b]'; end $$;
create function public.gives_outs(out a int, out c public.crate) stable language plpgsql as $$ begin a := 1; c := row(1, 'x'); end $$;
create function public.gives_table() returns table (m public.marked) stable language plpgsql as $$ begin m := 'x'; return next; end $$;
create function public.gives_marked(int, int) returns public.marked immutable language plpgsql as $$ begin return 'x'; end $$;
create operator public.%> (leftarg = int, rightarg = int, function = public.gives_marked);
create table public.metres (m public.metre);
create view public.metre_view as select m::text as t from public.metres;
create domain public.plain as text check (value <> '');
create function public.gives_plain() returns public.plain stable language plpgsql as $$ begin return 'x'; end $$;
create domain public.shouted as text check (value::text = 'x' and (row(1)::public.metre)::text is not null);

-- SQL functions without a label.
create function public.atomic_sum(a int) returns int language sql begin atomic select a + 1; end;
create function public.atomic_reads(a int) returns text language sql begin atomic select b from public.calm where calm.a = atomic_reads.a; end;
create function public.atomic_two(a int) returns int language sql begin atomic select 1; select a; end;
create function public.atomic_loud(a int) returns bool language sql return public.ran('atomic_loud');
create function public.atomic_reads_loud(a int) returns text language sql begin atomic select b from public.loud where loud.a = atomic_reads_loud.a; end;
create function public.atomic_locks(a int) returns int language sql begin atomic select c.a from public.calm c for update; end;
create function public.atomic_writes(a int) returns int language sql begin atomic insert into public.calm values (a) returning calm.a; end;
create function public.atomic_writes_within(a int) returns bigint language sql begin atomic with w as (insert into public.calm values (a) returning 1) select count(*) from w; end;
create function public.atomic_owner(a int) returns int language sql security definer begin atomic select a + 1; end;
create function public.two_queries(a int) returns int language sql as $$ select 1; select a + 2 $$;
create function public.two_queries_loud(a int) returns int language sql as $$ select public.ran('two_queries_loud'); select a + 2 $$;
create function public.query_and_write(a int) returns int language sql as $$ select 1; delete from public.calm; select 2 $$;

create table public.goods (id int, m public.marked);
insert into public.goods values (1, 'x');

do $$ begin if not exists (select from pg_roles where rolname = 'trap_reader') then create role trap_reader login; end if; end $$;
grant usage on schema public to trap_reader;
grant select on all tables in schema public to trap_reader;


-- Classes that are not the default, for operators of PostgreSQL's own that sort nothing else.
create function public.lseg_cmp(lseg, lseg) returns int volatile language plpgsql as $$ begin perform public.ran('lseg_cmp'); return 0; end $$;
create operator class public.lseg_ops for type lseg using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 public.lseg_cmp(lseg, lseg);
create table public.segments (id int, l lseg);
insert into public.segments values (1, '[(0,0),(1,1)]'), (2, '[(0,0),(2,2)]');
create view public.sorted_segments as select l from public.segments order by l using <;
create view public.sorted_segments_in as select id, (select array_agg(s.l order by s.l using >) from public.segments s) as ls from public.segments;
create view public.plain_segments as select id, l from public.segments order by id;

-- Only the columns of a partition key are put in order, those of partitions' own keys too.
create type public.knot as (v int);
create function public.knot_eq(public.knot, public.knot) returns bool immutable language plpgsql as $$ begin return $1.v = $2.v; end $$;
create function public.knot_lt(public.knot, public.knot) returns bool immutable language plpgsql as $$ begin return $1.v < $2.v; end $$;
create function public.knot_cmp(public.knot, public.knot) returns int volatile language plpgsql as $$ begin perform public.ran('knot_cmp'); return $1.v - $2.v; end $$;
create operator public.=@ (leftarg = public.knot, rightarg = public.knot, function = public.knot_eq);
create operator public.<@@ (leftarg = public.knot, rightarg = public.knot, function = public.knot_lt);
create operator public.<=@@ (leftarg = public.knot, rightarg = public.knot, function = public.knot_lt);
create operator public.>=@@ (leftarg = public.knot, rightarg = public.knot, function = public.knot_lt);
create operator public.>@@ (leftarg = public.knot, rightarg = public.knot, function = public.knot_lt);
create operator class public.knot_ops default for type public.knot using btree as
  operator 1 <@@, operator 2 <=@@, operator 3 =@, operator 4 >=@@, operator 5 >@@, function 1 public.knot_cmp(public.knot, public.knot);
create table public.beside (a int, c knot, cs knot[]) partition by list (a);
create table public.beside_1 partition of public.beside for values in (1);
create table public.beside_2 partition of public.beside for values in (2);
create view public.beside_view as select a from public.beside;
create table public.keyed (a int, cs knot[]) partition by range (cs);
create table public.keyed_1 partition of public.keyed for values from ('{}') to ('{"(1)"}');
create table public.keyed_2 partition of public.keyed for values from ('{"(1)"}') to (maxvalue);
create view public.keyed_view as select a from public.keyed;
create table public.below_key (a int, cs knot[]) partition by list (a);
create table public.below_key_1 partition of public.below_key for values in (1) partition by range (cs);
create table public.below_key_11 partition of public.below_key_1 for values from ('{}') to ('{"(1)"}');
create table public.below_key_12 partition of public.below_key_1 for values from ('{"(1)"}') to (maxvalue);
create table public.by_expression (a int, cs knot[]) partition by list ((cs || cs));
create table public.by_expression_1 partition of public.by_expression for values in ('{}', '{"(1)"}');
grant select on all tables in schema public to trap_reader;
