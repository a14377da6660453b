select concat_ws(' ',
  (select md5(string_agg(c::text, '' order by id)) from shop.customers c),
  (select md5(string_agg(o::text, '' order by id)) from shop.orders o),
  (select md5(string_agg(e::text, '' order by id)) from shop.events e),
  (select md5(string_agg(d::text, '' order by id)) from shop.documents d),
  (select string_agg(coalesce(last_value::text, '-'), ',' order by sequencename) from pg_sequences where schemaname = 'shop'),
  (select string_agg(oid::text, ',' order by oid) from pg_class where relnamespace = 'shop'::regnamespace),
  (select count(*) from pg_stat_activity where usename = 'preview' and state <> 'idle'),
  (select count(*) from pg_locks l join pg_stat_activity a using (pid) where a.usename = 'preview'))
