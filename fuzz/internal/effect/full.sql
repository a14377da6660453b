select 'file ' || f, 'present' from pg_catalog.pg_ls_dir('.') f where f <> 'postmaster.pid'
union all
select 'canary content ' || f, pg_catalog.md5(pg_catalog.pg_read_binary_file($1 || '/' || f)) from pg_catalog.pg_ls_dir($1) f
union all
select 'large object ' || loid, pg_catalog.md5(pg_catalog.string_agg(data, '' order by pageno)) from pg_catalog.pg_largeobject group by loid
union all
select 'setting ' || name, setting || ' ' || source from pg_catalog.pg_settings where source <> 'session' and name not in ('application_name')
union all
select 'replication origin ' || external_id, pg_catalog.concat_ws(' ', local_id, remote_lsn) from pg_catalog.pg_replication_origin_status
union all
select 'stored settings', pg_catalog.md5(pg_catalog.pg_read_binary_file('postgresql.auto.conf'))
