select 'lock ' || l.locktype || ' ' || l.mode || coalesce(' on ' || l.relation::pg_catalog.regclass::text, '') || coalesce(' ' || l.classid || '/' || l.objid, '') || ' of ' || coalesce(l.pid::text, 'a prepared transaction'),
  pg_catalog.count(*)::text
from pg_catalog.pg_locks l
-- A session that is not yet open, or autovacuum, takes some by itself.
where l.pid is null or l.pid in (
  select a.pid from pg_catalog.pg_stat_activity a
  where a.pid <> pg_catalog.pg_backend_pid() and a.backend_type not like 'autovacuum%' and a.state is distinct from 'starting'
)
group by 1
union all
select 'next transaction id', pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text
union all
select 'prepared transaction ' || gid, owner || ' ' || database from pg_catalog.pg_prepared_xacts
union all
select 'replication slot ' || slot_name, pg_catalog.concat_ws(' ', slot_type, plugin, temporary, restart_lsn, confirmed_flush_lsn) from pg_catalog.pg_replication_slots
union all
select 'busy session ' || pid, pg_catalog.concat_ws(' ', state, wait_event) from pg_catalog.pg_stat_activity
where backend_type = 'client backend' and pid <> pg_catalog.pg_backend_pid() and state is distinct from 'idle'
union all
select 'bystander ' || pid, backend_start::text from pg_catalog.pg_stat_activity where application_name in ('fuzz-bystander')
union all
select 'settings loaded', pg_catalog.pg_conf_load_time()::text
union all
select 'statistics reset ' || coalesce(datname, 'shared'), stats_reset::text from pg_catalog.pg_stat_database where stats_reset is not null
union all
select 'background writer statistics reset', stats_reset::text from pg_catalog.pg_stat_bgwriter
union all
select 'exported snapshot ' || f, 'present' from pg_catalog.pg_ls_dir('pg_snapshots') f
union all
select 'temporary schema ' || nspname, 'present' from pg_catalog.pg_namespace where nspname like 'pg\_temp\_%' and exists (select from pg_catalog.pg_class c where c.relnamespace = pg_namespace.oid)
union all
select 'canary file ' || f, (pg_catalog.pg_stat_file($1 || '/' || f)).size || ' ' || (pg_catalog.pg_stat_file($1 || '/' || f)).modification from pg_catalog.pg_ls_dir($1) f
