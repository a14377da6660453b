-- A small shop, for the queries beside this file.
create type mood as enum ('sad', 'ok', 'happy');
create type address as (street text, city text, zip text);
create domain email as text check (value like '%@%');
create table customers (
  id int primary key, name text not null, email email, country char(2), created_at timestamptz not null default now(),
  home address, mood mood, tags text[] not null default '{}', balance numeric(12, 2), active boolean, referrer int references customers
);
create table products (id int primary key, name text not null, price numeric(10, 2), attributes jsonb, weight float8, search tsvector);
create table orders (
  id bigint primary key, customer_id int references customers, status text, total numeric(12, 2), placed_at timestamp, delivered date, note text
);
create table order_items (order_id bigint references orders, product_id int references products, quantity int, price numeric(10, 2), primary key (order_id, product_id));
create table events (id bigserial primary key, kind text, payload jsonb, raw json, happened_at timestamptz, ip inet, period tstzrange, body bytea, doc xml);
create table "Order Details" ("Id" int, "select" text, "Größe" int, "名前" text, "a""b" int);
create table odd (pg_sleep int, lower text, count int, now text, nextval text, "pg_read_file" text, dblink text, lo_import text, pg_terminate_backend int);
create table employees (id int primary key, name text, boss int references employees, salary int);
create schema app;
create function app.tax(numeric) returns numeric language sql immutable as 'select $1 * 0.19';
create function net(numeric) returns numeric language sql stable as 'select $1 / 1.19';
create function full_name(customers) returns text language sql stable as 'select $1.name || '' <'' || coalesce($1.email, ''?'') || ''>''';
create function recent(int) returns setof orders language sql stable as 'select * from orders order by id desc limit $1';
create function twice(a int, b int default 2) returns int language sql immutable as 'select a * b';
create aggregate product_of(numeric) (sfunc = numeric_mul, stype = numeric, initcond = '1');
create schema calc;
create function calc.lo_quantile(int) returns int language sql immutable as 'select $1 * 2';
create function calc.pg_version_num() returns int language sql stable as 'select 1';
create function calc.dblink_count() returns int language sql stable as 'select 2';
create function calc.pg_check_health() returns int language sql stable as 'select 3';
create function plpgsql_total(int) returns int language sql immutable as 'select $1';
create function fmgr_total(int) returns int language sql immutable as 'select $1';
create type odd_names as (lo_street int, pg_zip int);
create operator ^^ (leftarg = int, rightarg = int, function = int4pl);
create view big_orders as select * from orders where total > 100;
create materialized view order_totals as select customer_id, sum(total) as total from orders group by 1;
insert into customers select i, 'Customer ' || i, 'c' || i || '@example.org', (array['DE', 'FR', 'US', 'JP'])[1 + i % 4], timestamptz '2026-01-01' + i * interval '1 hour',
  row('Street ' || i, 'City', '1000')::address, (array['sad', 'ok', 'happy'])[1 + i % 3]::mood, array['a', 'b'], i * 1.5, i % 2 = 0, nullif(i / 2, 0)
  from generate_series(1, 20) i;
insert into products select i, 'Product ' || i, i * 9.99, jsonb_build_object('color', 'red', 'size', i, 'tags', jsonb_build_array('x', 'y'), 'dim', jsonb_build_object('w', i)), i / 3.0, to_tsvector('simple', 'product number ' || i)
  from generate_series(1, 10) i;
insert into orders select i, 1 + i % 20, (array['new', 'paid', 'sent'])[1 + i % 3], i * 3.7, timestamp '2026-02-01' + i * interval '7 hours', date '2026-02-01' + i, case when i % 5 = 0 then 'note é' end
  from generate_series(1, 60) i;
insert into order_items select o.id, p.id, 1 + o.id % 3, p.price from orders o join products p on (o.id + p.id) % 4 = 0;
insert into events (kind, payload, raw, happened_at, ip, period, body)
  select 'kind.' || i % 3, jsonb_build_object('status', 'ok', 'amount', i, 'items', jsonb_build_array(1, 2, i)), '{"a": 1, "a": 2}', timestamptz '2026-03-01' + i * interval '1 minute', '10.0.0.1', tstzrange('2026-03-01', '2026-03-02'), '\x00ff'
  from generate_series(1, 30) i;
insert into "Order Details" values (1, 'x', 2, 'ねこ', 3);
insert into odd values (1, 'l', 2, 'n', 'v', 'f', 'd', 'i', 3);
insert into employees select i, 'E' || i, nullif(i / 2, 0), 1000 * i from generate_series(1, 15) i;
