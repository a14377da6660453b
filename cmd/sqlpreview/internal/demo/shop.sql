-- A small shop: everything in it is invented. It is made anew for each demo and
-- thrown away with the server.
create schema shop;

create table shop.customers (
  id         integer primary key generated always as identity,
  name       text not null,
  country    char(2) not null,
  email      text,
  tags       text[] not null default '{}',
  avatar     bytea,
  created_at timestamptz not null
);

create table shop.orders (
  id          integer primary key generated always as identity,
  customer_id integer not null references shop.customers,
  status      text not null check (status in ('open', 'paid', 'shipped', 'returned')),
  total       numeric(10,2) not null,
  placed_at   timestamptz not null
);

create table shop.events (
  id          bigint primary key generated always as identity,
  customer_id integer references shop.customers,
  kind        text not null,
  payload     jsonb not null,
  happened_at timestamptz not null
);

create table shop.documents (
  id    integer primary key,
  title text not null,
  body  text
);

insert into shop.customers (name, country, email, tags, avatar, created_at) values
  ('Anna Müller',         'DE', 'anna@example.com',  '{vip,newsletter}', '\x89504e470d0a1a0a', '2024-01-05 09:30:00+01'),
  ('佐藤 健',              'JP', 'ken@example.jp',    '{wholesale}',      null,                 '2024-02-11 18:00:00+09'),
  ('Søren Åkesson',       'DK', null,                '{}',               null,                 '2024-02-29 12:00:00+01'),
  ('ليلى حداد',           'LB', 'layla@example.org', '{vip}',            null,                 '2024-03-08 08:15:00+02'),
  ('Chidi Okonkwo 👨‍👩‍👧‍👦', 'NG', 'chidi@example.com', '{newsletter}',     null,                 '2024-04-22 16:45:00+01'),
  ('अनन्या शर्मा',           'IN', 'ananya@example.in', '{"likes, commas"}', null,                '2024-05-30 21:05:00+05:30');

insert into shop.orders (customer_id, status, total, placed_at)
select 1 + (n / 6 + n) % 6,
       (array['open', 'paid', 'shipped', 'shipped', 'paid', 'returned'])[1 + n % 6],
       round((n * 37 % 250 + 4.99)::numeric, 2),
       timestamptz '2024-06-01 10:00+00' + n * interval '5 hours'
from generate_series(1, 400) n;

insert into shop.events (customer_id, kind, payload, happened_at)
select case when n % 9 = 0 then null else 1 + n % 6 end,
       (array['page_view', 'search', 'add_to_cart', 'checkout'])[1 + n % 4],
       jsonb_build_object('path', '/p/' || n % 40, 'ms', n % 900, 'ok', n % 13 <> 0, 'ids', jsonb_build_array(n, n + 1)),
       timestamptz '2024-06-01 00:00+00' + n * interval '1 minute'
from generate_series(1, 5000) n;

insert into shop.documents values
  (1, 'Terms of sale', repeat('All goods stay ours until they are paid for. ', 2276)),
  (2, 'Note from a stranger', E'see \x1b[31mred\x1b[0m and a bell\x07'),
  (3, 'Invoice' || U&'\202E' || 'fdp.exe', 'paid' || U&'\200B' || 'in' || U&'\2066' || 'full'),
  (4, 'Note to self', 'deploy key ghp_' || 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'),
  (5, 'Formula', '=HYPERLINK("http://example.com","click")'),
  (6, 'Empty', null);

create role preview login;
grant usage on schema shop to preview;
grant select on all tables in schema shop to preview;
