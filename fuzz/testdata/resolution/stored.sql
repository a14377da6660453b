-- What stored trees show and what they do not: partition keys that are expressions,
-- domains of columns that views and policies only read.
create function public.ran(what text) returns bool volatile language plpgsql as
  $$ begin raise notice 'ran: %', what; return true; end $$;
create type public.coin as (v int);
create function public.coin_eq(public.coin, public.coin) returns bool immutable language plpgsql as $$ begin return $1.v = $2.v; end $$;
create function public.coin_lt(public.coin, public.coin) returns bool immutable language plpgsql as $$ begin return $1.v < $2.v; end $$;
create function public.coin_cmp(public.coin, public.coin) returns int volatile language plpgsql as $$ begin perform public.ran('coin_cmp'); return $1.v - $2.v; end $$;
create operator public.=== (leftarg = public.coin, rightarg = public.coin, function = public.coin_eq);
create operator public.<<< (leftarg = public.coin, rightarg = public.coin, function = public.coin_lt);
create operator public.<<= (leftarg = public.coin, rightarg = public.coin, function = public.coin_lt);
create operator public.>>= (leftarg = public.coin, rightarg = public.coin, function = public.coin_lt);
create operator public.>>> (leftarg = public.coin, rightarg = public.coin, function = public.coin_lt);
create operator class public.coin_sort default for type public.coin using btree as
  operator 1 <<<, operator 2 <<=, operator 3 ===, operator 4 >>=, operator 5 >>>, function 1 public.coin_cmp(public.coin, public.coin);
create function public.mint(int) returns public.coin immutable language sql as 'select row($1)::public.coin';
create table public.minted (a int, b text) partition by range ((array[public.mint(a)]));
create table public.minted_low partition of public.minted for values from ('{"(1)"}') to ('{"(5)"}');
create table public.minted_high partition of public.minted for values from ('{"(5)"}') to ('{"(9)"}');
insert into public.minted values (2, 'x'), (7, 'y');
create table public.minted_twice (a int, b text) partition by list (a);
create table public.minted_rest partition of public.minted_twice default partition by range ((array[public.mint(a)]));
create table public.minted_rest_low partition of public.minted_rest for values from ('{"(1)"}') to ('{"(5)"}');
create table public.minted_rest_high partition of public.minted_rest for values from ('{"(5)"}') to ('{"(9)"}');
create view public.minted_view as select b from public.minted;
create table public.purses (coins public.coin[], b text) partition by range (coins);
create table public.purses_low partition of public.purses for values from ('{"(1)"}') to ('{"(5)"}');
create table public.purses_high partition of public.purses for values from ('{"(5)"}') to ('{"(9)"}');
create function public.purse_names() returns setof text language sql begin atomic select b from public.purses; end;
create view public.purse_view as select public.purse_names() as b;
create table public.halves (a int, b text) partition by range ((a / 2));
create table public.halves_low partition of public.halves for values from (0) to (5);
create function public.half_names() returns setof text language sql begin atomic select b from public.halves; end;

create function public.is_zip(text) returns bool language plpgsql as $$ begin perform public.ran('is_zip'); return true; end $$;
create domain public.zip as text check (public.is_zip(value));
create type public.place as (street text, code public.zip);
create table public.customers (id int primary key, name text, code public.zip, home public.place);
create table public.orders (id int, customer int, amount numeric);
create view public.addresses as select id, code from public.customers;
create view public.by_code as select code, count(*) from public.customers group by code;
create view public.totals as select c.id, sum(o.amount) as total from public.customers c left join public.orders o on o.customer = c.id group by c.id;
create view public.counted as select count(c) from public.customers c;
create view public.codes as select array_agg(code) as codes, min(code) as first from public.customers;
create view public.homes as select id, home from public.customers;
create view public.made_codes as select name::public.zip as code from public.customers;
create view public.made_places as select json_populate_record(home, '{"code": "1"}') as home from public.customers;
create view public.made_rows as select row(name, name)::public.place as home from public.customers;
create function public.any_of(text, anyelement) returns anyelement immutable language plpgsql as $$ begin return $1; end $$;
create view public.made_by_any as select public.any_of(name, code) as code from public.customers;

do $$ begin if not exists (select from pg_roles where rolname = 'trap_reader') then create role trap_reader login; end if; end $$;
create table public.guarded (id int, code public.zip);
alter table public.guarded enable row level security;
create policy only_coded on public.guarded using (code is not null);
do $$ begin if not exists (select from pg_roles where rolname = 'stored_owner') then create role stored_owner; end if; end $$;
create table public.owned (a int);
alter table public.owned owner to stored_owner;
alter table public.owned enable row level security;
create policy loud on public.owned for select using (public.ran('owned'));
do $$ begin
  if current_setting('server_version_num')::int >= 150000 then
    execute 'create view public.asks_tru with (security_invoker = tru) as select * from public.owned';
    execute 'create view public.asks_ye with (security_invoker = ye) as select * from public.owned';
    execute 'create view public.asks_fal with (security_invoker = fal) as select * from public.owned';
    execute 'alter view public.asks_tru owner to stored_owner';
    execute 'alter view public.asks_ye owner to stored_owner';
    execute 'alter view public.asks_fal owner to stored_owner';
  end if;
end $$;
grant usage on schema public to trap_reader;
grant select on all tables in schema public to trap_reader;
