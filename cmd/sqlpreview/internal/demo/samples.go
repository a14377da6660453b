package demo

import (
	"time"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/reason"
	"github.com/op-data/sqlpreview/sanitize"
)

// sample is one request and how it should be answered.
type sample struct {
	title   string
	sql     string
	timeout time.Duration // 0 asks for the default
	// reason of the refusal; empty when rows should come.
	reason reason.Reason
	// rows that should come, the bounds that should cut them, and the changes
	// that should be declared.
	rows    int
	bounds  []preview.TruncationReason
	changes sanitize.Kind
}

// samples are shown in this order.
var samples = []sample{
	{
		title: "An aggregate over a join",
		sql: `select c.name, c.country, count(*) as orders, sum(o.total) as spent, max(o.placed_at) as last_order
from shop.customers c
join shop.orders o on o.customer_id = c.id
where o.status <> 'returned'
group by c.id
order by spent desc;`,
		rows: 6,
	},
	{
		title: "A WITH query, ending in a comment",
		sql: `with monthly as (
  select date_trunc('month', placed_at) as month, sum(total) as revenue
  from shop.orders
  group by 1
)
select month, revenue, round(100 * revenue / sum(revenue) over (), 1) as percent
from monthly
order by month -- newest last`,
		rows: 3,
	},
	{
		title: "Every value exact: NULL, array, bytea, JSON, Unicode",
		sql: `select c.name, c.email, c.tags, c.avatar, e.payload
from shop.customers c
join shop.events e on e.id = c.id
order by c.id`,
		rows: 6,
	},
	{
		title:  "A table of 5,000 rows: 100 come back",
		sql:    `select * from shop.events order by id`,
		rows:   100,
		bounds: []preview.TruncationReason{preview.RowLimit},
	},
	{
		title:   "A cell of 100 KB: cut at 1024 characters",
		sql:     `select id, title, body from shop.documents where id = 1`,
		rows:    1,
		bounds:  []preview.TruncationReason{preview.CellLimit},
		changes: sanitize.Truncated,
	},
	{
		title:   "Hostile text: terminal escapes, reversed and invisible characters, a secret, a formula",
		sql:     `select id, title, body from shop.documents where id > 1 order by id`,
		rows:    5,
		changes: sanitize.Control | sanitize.Bidi | sanitize.Invisible | sanitize.MaskedValue | sanitize.FormulaLike,
	},
	{
		title:  "A function that sleeps for 30 seconds",
		sql:    `select id, pg_sleep(30) from shop.orders`,
		reason: reason.FunctionNotAllowed,
	},
	{
		title:   "A query that would run for hours, given one second",
		sql:     `select count(*) from shop.events a, shop.events b, shop.events c`,
		timeout: time.Second,
		reason:  reason.StatementTimeout,
	},
	{
		title:  "A second statement behind a semicolon",
		sql:    `select 1; drop table orders`,
		reason: reason.MultipleStatements,
	},
	{
		title: "A data-modifying CTE",
		sql: `with gone as (
  delete from shop.orders where status = 'open' returning *
)
select count(*) from gone`,
		reason: reason.DataModifyingCTE,
	},
	{
		title:  "A column that does not exist",
		sql:    `select name, '漢字' as label, street from shop.customers`,
		reason: reason.UndefinedObject,
	},
	{
		title:  "A cast that fails on the data: the value stays where it is",
		sql:    `select name::integer from shop.customers`,
		reason: reason.DataException,
	},
}
