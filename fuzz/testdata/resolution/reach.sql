-- Ways to a VOLATILE function that no text and no single catalog row shows: rows of
-- children and typed tables, what a stored expression compares or turns into JSON.
create function ran() returns bool volatile language plpgsql as $$ begin raise notice 'ran'; return true; end $$;
create table base (id int);
create table child (note text) inherits (base);
create table grandchild (more text) inherits (child);
create function base_log(base) returns text volatile language plpgsql as $$ begin perform ran(); return 'x'; end $$;
create function base_label(base) returns text immutable language plpgsql as $$ begin return 'x'; end $$;
create type kind as (a int);
create table typed of kind;
create function kind_log(kind) returns text volatile language plpgsql as $$ begin perform ran(); return 'x'; end $$;
create function kind_label(kind) returns text immutable language plpgsql as $$ begin return 'x'; end $$;

-- A row type whose order is VOLATILE.
create type pair as (v int);
create function pair_eq(pair, pair) returns bool volatile language plpgsql as $$ begin perform ran(); return $1.v = $2.v; end $$;
create function pair_lt(pair, pair) returns bool volatile language plpgsql as $$ begin perform ran(); return $1.v < $2.v; end $$;
create function pair_cmp(pair, pair) returns int volatile language plpgsql as $$ begin perform ran(); return $1.v - $2.v; end $$;
create operator = (leftarg = pair, rightarg = pair, function = pair_eq, commutator = =);
create operator < (leftarg = pair, rightarg = pair, function = pair_lt);
create operator > (leftarg = pair, rightarg = pair, function = pair_lt);
create operator class pair_ops default for type pair using btree as operator 1 <, operator 3 =, operator 5 >, function 1 pair_cmp(pair, pair);
create table pairs (id int, p pair, ps pair[]);
create view greatest_pair as select greatest(p, p) as g from pairs;
create view equal_arrays as select ps = ps as e from pairs;
create view sorted_arrays as select distinct ps from pairs;
create view plain_pairs as select id + 1 as n from pairs;
create domain compared as int check (array[row(value)::pair] = array[row(1)::pair]);
create domain uncompared as int check (value > 0);

-- A cast to JSON that is VOLATILE.
create type grade as enum ('good', 'bad');
create function grade_json(grade) returns json volatile language plpgsql as $$ begin perform ran(); return '1'; end $$;
create cast (grade as json) with function grade_json(grade);
create table grades (id int, g grade);
create view graded as select to_json(g) as j from grades;
create domain told as grade check (to_json(value) is not null);

-- A body with two columns, without a label.
create function two_plain(out a int, out t text) language sql as $$ select 1, 'x'::text $$;

-- Overloads of which a body or NULLIF decides.
create function pick(int) returns int immutable language plpgsql as $$ begin return 1; end $$;
create function pick(numeric) returns int volatile language plpgsql as $$ begin perform ran(); return 1; end $$;
create function pick(base) returns int volatile language plpgsql as $$ begin perform ran(); return 1; end $$;
create function named_plainly(n int) returns int language sql as $$ select pick(n) from base $$;

-- Row-level security below views, by who owns them.
do $$ begin if not exists (select from pg_roles where rolname = 'trap_exempt') then create role trap_exempt bypassrls; end if; end $$;
do $$ begin if not exists (select from pg_roles where rolname = 'trap_owner') then create role trap_owner; end if; end $$;
do $$ begin if not exists (select from pg_roles where rolname = 'trap_other') then create role trap_other; end if; end $$;
create function public.row_ran(int) returns bool volatile language plpgsql as $$ begin raise notice 'ran: row_ran'; return true; end $$;
create table public.owned_rows (id int);
insert into public.owned_rows values (1);
alter table public.owned_rows enable row level security;
create policy looks on public.owned_rows for select using (public.row_ran(id));
grant select on public.owned_rows to public;
alter table public.owned_rows owner to trap_owner;
create view public.rows_of_exempt as select id from public.owned_rows;
alter view public.rows_of_exempt owner to trap_exempt;
create view public.rows_of_superuser as select id from public.owned_rows;
create view public.rows_of_other as select id from public.owned_rows;
alter view public.rows_of_other owner to trap_other;
grant select on public.rows_of_exempt, public.rows_of_superuser, public.rows_of_other to public;
