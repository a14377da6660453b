package console_test

import (
	"encoding/json"
	"strings"
)

// bearer is a token that a user types.
const bearer = "a-bearer-token-of-a-test-0123456789"

// shop is the database of most tests. The secrets are put together here, so that no
// scanner takes them for real ones.
var shop = strings.NewReplacer("GITHUB_TOKEN", "ghp_"+"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8").Replace(`
create schema shop;
create table shop.customers (
	id integer primary key generated always as identity, name text not null, email text, tags text[], api_key text);
comment on table shop.customers is 'Who bought something';
comment on column shop.customers.email is 'As typed by the customer';
create table shop.orders (
	id integer primary key, customer_id integer references shop.customers, total numeric(20,2), placed_at timestamptz, extra jsonb);
create view shop.totals as select customer_id, sum(total) as spent from shop.orders group by 1;
create table "Odd ""Name" (id integer, "Wide Column" text);
create table shop.documents (id integer primary key, body text);
insert into shop.customers (name, email, tags, api_key) values
	('Anna Müller', 'anna@example.com', '{vip,"two words"}', 'k-1'),
	('佐藤 健', '', '{}', 'k-2'), ('ليلى حداد', null, null, null), ('NULL', 'x', null, 'k-4');
insert into shop.orders
	select n, 1 + n % 4, n * 1.25 + 9007199254740993, '2026-01-01 10:00+00'::timestamptz + n * interval '1 hour',
		'{"n": 12345678901234567890.10, "n": 1e400, "text": "<b>&amp;", "list": [1, [], {}]}'
	from generate_series(1, 400) n;
insert into shop.documents values
	(1, repeat('All goods stay ours until they are paid for. ', 2000)), (2, E'see \x1b[31mred\x1b[0m'),
	(3, 'deploy key GITHUB_TOKEN'), (4, '=HYPERLINK("http://example.com","click")'),
	(5, U&'paid\200Bin\2066full'), (6, null), (7, ''), (8, E'two\nlines'), (9, U&'left\200Eright');
analyze;
`)

// literal writes a text as a JavaScript literal.
func literal(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a text cannot fail
	}
	return string(quoted)
}
