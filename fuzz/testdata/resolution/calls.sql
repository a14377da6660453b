-- What a call runs by its arguments: bodies of functions of any type, defaults of
-- arguments that are left out.
create function ran(what text) returns bool volatile language plpgsql as $$ begin raise notice 'ran: %', what; return true; end $$;
create function one(what text) returns int volatile language plpgsql as $$ begin perform ran(what); return 1; end $$;

-- Overloads, operators and casts, of which one is VOLATILE.
create type box2 as (v int);
create function shown(int) returns text immutable language plpgsql as $$ begin return 'int'; end $$;
create function shown(text) returns text immutable language plpgsql as $$ begin return 'text'; end $$;
create function shown(box2) returns text volatile language plpgsql as $$ begin perform ran('shown'); return 'box2'; end $$;
create function plus(box2, box2) returns box2 volatile language plpgsql as $$ begin perform ran('plus'); return $1; end $$;
create operator + (leftarg = box2, rightarg = box2, function = plus);
create function box2_int(box2) returns int volatile language plpgsql as $$ begin perform ran('box2_int'); return $1.v; end $$;
create cast (box2 as int) with function box2_int(box2) as implicit;
create function int_box2(int) returns box2 volatile language plpgsql as $$ begin perform ran('int_box2'); return row($1)::box2; end $$;
create cast (int as box2) with function int_box2(int) as assignment;
create table boxes (id int, b box2, bs box2[]);
insert into boxes values (1, row(1), array[row(1)::box2]);
create function tagged(boxes) returns text volatile language plpgsql as $$ begin perform ran('tagged'); return 'x'; end $$;
create table tags (id int, tagged text);
insert into tags values (1, 'x');

create function show_any(anyelement) returns text language sql as 'select shown($1)';
create function sum_any(a anyelement, b anyelement) returns anyelement language sql as 'select a + b';
create function as_int(anyelement) returns int language sql as 'select $1::int';
create function as_int_later(anyelement) returns int language sql as 'select $1';
create function made_of(anyelement) returns anyelement language sql as 'select 1';
create function tag_of(anyelement) returns text language sql as 'select ($1).tagged';
create function first_of(anyarray) returns text language sql as 'select shown($1[1])';
create function show_twice(anyelement) returns text language sql as 'select show_any($1) || show_any(1)';
create function show_all(variadic anyarray) returns text language sql as 'select string_agg(shown(x), '','') from unnest($1) x';
create function show_pair(anycompatible, anycompatible) returns text language sql as 'select shown($1)';
create function or_else(anyelement, anyelement) returns anyelement language sql as 'select coalesce($1, $2)';
create function outs(a anyelement, out b anyelement, out c text) language sql as 'select a, shown(a)';
create view shows as select show_any(id) as s from boxes;
create view sums as select sum_any(b, b) as s from boxes;
create view ints as select as_int(b) as i from boxes;
create view either as select or_else(id, 0) as i from boxes;

-- Defaults.
create function given(a int, b int default one('b'), c int default 3, d text default now()::text) returns int immutable language plpgsql as $$ begin return a; end $$;
create function tracked(a int default 1, b int default one('b')) returns int immutable language plpgsql as $$ begin return a; end $$;
create function braces(a int default 1, b text default '} {"\\', c int default one('c}')) returns int immutable language plpgsql as $$ begin return a; end $$;
create function gives(a int) returns int language sql as 'select given(a, 2)';
create function gives_one(a int) returns int language sql as 'select given(a, c => 2)';
create domain defaulted as int check (given(value) > 0);
create view given_one as select given(1) as g;
create view given_three as select given(1, c => 2) as g;
