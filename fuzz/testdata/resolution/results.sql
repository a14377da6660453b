-- What the result of a function in SQL is converted to by assignment casts that no text
-- and no tree has, and what the first state of an aggregate is read as.
create function ran(what text) returns bool volatile language plpgsql as $$ begin raise notice 'ran: %', what; return true; end $$;

create type level as enum ('low', 'high');
create function level_int(level) returns int volatile language plpgsql as $$ begin perform ran('level_int'); return 1; end $$;
create cast (level as int) with function level_int(level) as assignment;
create function level_float(level) returns float8 immutable language plpgsql as $$ begin return 1; end $$;
create cast (level as float8) with function level_float(level) as assignment;
create function level_numeric(level) returns numeric volatile language plpgsql as $$ begin perform ran('level_numeric'); return 1; end $$;
create cast (level as numeric) with function level_numeric(level);
create type box2 as (v int);
create function bigint_box2(bigint) returns box2 volatile language plpgsql as $$ begin perform ran('bigint_box2'); return row($1)::box2; end $$;
create cast (bigint as box2) with function bigint_box2(bigint) as assignment;
create domain count as int check (value is null or value >= 0);
create domain graded as level;
create type pair as (a int, b int);
create domain paired as pair;
create type told as (l level, n int);
create table grades (l level, n int, g graded, ls level[], b box2);
insert into grades values ('low', 1, 'high', '{low,high}', row(1)), ('high', 2, 'low', '{low}', row(2));

create function as_int() returns int language sql begin atomic select l from grades limit 1; end;
create function as_ints() returns setof int language sql begin atomic select l from grades; end;
create function as_table() returns table (a int, b int) language sql begin atomic select l, n from grades; end;
create function as_table2() returns table (a int, b int) language sql begin atomic select n, l from grades order by l; end;
create function as_pair() returns pair language sql begin atomic select l, n from grades limit 1; end;
create function as_paired() returns paired language sql begin atomic select row(l, n) from grades limit 1; end;
create function as_row() returns pair language sql begin atomic select row(l, n) from grades limit 1; end;
create function as_return() returns int language sql return (select l from grades limit 1);
create function as_out(out a int) language sql begin atomic select l from grades limit 1; end;
create function as_outs(out a int, out b int) language sql begin atomic select l, n from grades limit 1; end;
create function as_out_pair(out a pair) language sql begin atomic select l, n from grades limit 1; end;
create function as_out_text(out a pair) language sql as 'select l, n from public.grades limit 1';
create function as_count() returns count language sql begin atomic select l from grades limit 1; end;
create function from_graded() returns int language sql begin atomic select g from grades limit 1; end;
create function as_array() returns int[] language sql begin atomic select ls from grades limit 1; end;
create function as_box2() returns box2 language sql begin atomic select 1::bigint; end;
create function from_case() returns int language sql begin atomic select case when n > 0 then l end from grades limit 1; end;
create function from_join() returns int language sql begin atomic select x.l from (select l from grades union all select l from grades) x limit 1; end;
create function second_query() returns int language sql begin atomic select 1; select l from grades limit 1; end;
create function by_default(x int default as_int()) returns int language sql immutable begin atomic select x; end;
create function by_text() returns int language sql as 'select public.as_int()';
create view over_as_int as select as_int() as a;
create view over_by_text as select by_text() as a;

-- The same, without such a cast.
create function is_int() returns int language sql begin atomic select n from grades where l = 'low' limit 1; end;
create function is_first() returns int language sql begin atomic select l from grades; select n from grades limit 1; end;
create function is_table() returns table (a int, b level) language sql begin atomic select n, l from grades order by l; end;
create function is_told() returns told language sql begin atomic select l, n from grades limit 1; end;
create function is_row() returns grades language sql begin atomic select x from grades x limit 1; end;
create function is_outs(out a level, out b int) language sql begin atomic select l, n from grades limit 1; end;
create function is_count() returns count language sql begin atomic select n from grades where l > 'low' limit 1; end;
create function is_array() returns int[] language sql begin atomic select array_agg(n) from grades where l = any (ls); end;
create function is_float() returns float8 language sql begin atomic select l from grades limit 1; end;
create function is_box2() returns box2 language sql begin atomic select b from grades limit 1; end;
create function is_text() returns text language sql return (select l::text from grades limit 1);
create function is_sum() returns bigint language sql begin atomic select sum(n) from grades where l = 'low'; end;
create function is_bool() returns boolean language sql begin atomic select exists (select from grades where l = 'low') and true; end;
create function is_case() returns int language sql begin atomic select case l when 'low' then coalesce(n, 1) else 2 end from grades limit 1; end;
create view over_is_int as select is_int() as a;

-- Rows of any columns.
create function rows_stable() returns setof record stable language sql as 'select l, n from public.grades';
create function rows_unlabelled() returns setof record language sql as 'select l, n from public.grades';
create function row_stable() returns record stable language sql as 'select l, n from public.grades limit 1';
create function rows_atomic() returns setof record language sql immutable begin atomic select l, n from grades; end;
create function rows_path() returns setof record stable language sql set search_path = public as 'select l, n from grades';
create function rows_any(anyelement) returns setof anyelement stable language sql as 'select l, n from public.grades';
create function rows_of_row() returns setof record stable language sql as 'select row(n, n) from public.grades';
create function rows_plain() returns setof record language sql as 'select n, n from public.grades where l = ''low''';
create function rows_plain_stable() returns setof record stable language sql as 'select n, n from public.grades where l = ''low''';
create function rows_plain_atomic() returns setof record language sql begin atomic select n, n from grades where l = 'low'; end;
create function rows_procedural() returns setof record stable language plpgsql as $$ begin return query select n, n from public.grades; end $$;
create function by_rows() returns setof int language sql as 'select a from public.rows_stable() as x (a int, b int)';
create function by_plain_rows() returns setof int language sql as 'select a from public.rows_plain_stable() as x (a int, b int)';
create function by_rows_atomic() returns setof int language sql begin atomic select a from rows_stable() as x (a int, b int); end;
create view over_rows as select * from rows_unlabelled() as x (a int, b int);
create view over_rows_atomic as select * from rows_atomic() as x (a int, b int);
create view over_rows_float as select * from rows_stable() as x (a float8, b smallint);
create view over_values as select * from (values (1, 'x')) v (a, b);

-- Aggregates of any type, whose first state is read from a text.
create domain tracked as int;
create table readings (t tracked, n int);
insert into readings values (1, 1), (2, 2);
alter domain tracked add check (value is null or ran('tracked'));
create function first_of(anyelement, anyelement) returns anyelement immutable language sql as 'select $1';
create function joined(anyarray, anyelement) returns anyarray immutable language sql as 'select $1 || $2';
create function shown(anyelement) returns text immutable language sql as $$ select 'x'::text $$;
create function length_of(anyarray) returns int immutable language sql as 'select 1';
create aggregate from_text(anyelement) (sfunc = first_of, stype = anyelement, finalfunc = shown, initcond = '7');
create aggregate from_array(anyelement) (sfunc = joined, stype = anyarray, finalfunc = length_of, initcond = '{7}');
create function next_of(anyelement, anyelement) returns anyelement immutable language plpgsql as $$ begin return 7; end $$;
create aggregate from_null(anyelement) (sfunc = next_of, stype = anyelement, finalfunc = shown);
create function one_more(int, anyelement) returns int immutable language sql as 'select $1 + 1';
create aggregate counted(anyelement) (sfunc = one_more, stype = int, initcond = '0');
create view over_from_text as select from_text(t) as a from readings;
create view over_counted as select counted(t) as a from readings;
create view over_from_text_int as select from_text(n) as a from readings;
