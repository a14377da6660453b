package rewritten

import "strings"

// Functions of PostgreSQL's and of contrib's that take any type, by what they do
// with it. Their names are enough: what takes any type and is not here only may
// do all of it.
var (
	// comparers compare their arguments' parts by the parts' default operators.
	comparers = set(`array_eq array_ne array_lt array_gt array_le array_ge btarraycmp array_larger array_smaller
		record_eq record_ne record_lt record_gt record_le record_ge btrecordcmp record_larger record_smaller
		range_eq range_ne range_lt range_gt range_le range_ge range_cmp range_contains range_contains_elem
		range_contained_by elem_contained_by_range range_overlaps range_before range_after range_adjacent range_overleft
		range_overright range_union range_intersect range_minus range_merge range_agg range_intersect_agg
		multirange_eq multirange_ne multirange_lt multirange_gt multirange_le multirange_ge multirange_cmp
		range_overlaps_multirange multirange_overlaps_range multirange_overlaps_multirange multirange_contains_elem
		multirange_contains_range multirange_contains_multirange elem_contained_by_multirange
		range_contained_by_multirange multirange_contained_by_multirange multirange_union multirange_minus
		multirange_intersect multirange array_position array_positions array_remove array_replace arrayoverlap
		arraycontains arraycontained width_bucket max min array_sort hash_array hash_record hash_range hash_multirange
		array_unnest_support enum_eq`)
	// printers call their arguments' output functions.
	printers = set(`concat concat_ws format array_to_string quote_literal quote_nullable anytextcat textanycat
		xmlagg`)
	// jsonMakers make JSON of their arguments.
	jsonMakers = set(`to_json to_jsonb row_to_json array_to_json json_build_array json_build_object jsonb_build_array
		jsonb_build_object json_agg jsonb_agg json_object_agg jsonb_object_agg json_agg_strict jsonb_agg_strict
		json_object_agg_strict jsonb_object_agg_strict json_object_agg_unique jsonb_object_agg_unique
		json_object_agg_unique_strict jsonb_object_agg_unique_strict`)
	// populates make a row from text by the input functions of its columns.
	populates = set(`json_populate_record jsonb_populate_record json_populate_recordset jsonb_populate_recordset
		json_to_record jsonb_to_record json_to_recordset jsonb_to_recordset populate_record`)
	// keepers take any type and only move the values about.
	keepers = set(`count array_agg unnest array_append array_prepend array_cat array_dims array_ndims array_length
		array_lower array_upper cardinality array_fill trim_array lag lead first_value last_value nth_value lower upper
		isempty lower_inc upper_inc lower_inf upper_inf num_nulls num_nonnulls pg_typeof pg_column_size
		pg_column_compression array_shuffle array_sample array_reverse rank dense_rank percent_rank cume_dist mode percentile_disc any_value
		generate_subscripts pg_collation_for array_agg_array_transfn rank_final`)
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, word := range strings.Fields(words) {
		m[word] = true
	}
	return m
}

// anyArgument adds what a function that takes any type does with an argument of
// the type.
func (u *uses) anyArgument(fn *Function, oid uint32, why string) {
	switch name := fn.Name; {
	case comparers[name]:
		u.compare(oid, why)
	case printers[name]:
		u.output(oid, why)
	case jsonMakers[name]:
		u.json(oid, why)
	case keepers[name] || populates[name]:
	default:
		u.perhaps(func() {
			u.compare(oid, why)
			u.output(oid, why)
		})
	}
}

// polymorphic reports whether a function takes an argument of any type.
func (c *Catalog) polymorphic(fn *Function) bool {
	for _, oid := range fn.Args {
		if t := c.types[oid]; t != nil && t.kind == 'p' && t.name != "cstring" && t.name != "internal" && t.name != "trigger" {
			return true
		}
	}
	return false
}

// argumentTypes returns the types of a call's or an operator's arguments, rows
// without a type of their own by their columns.
func (c *Catalog) argumentTypes(s *scope, n *Node) []uint32 {
	var types []uint32
	for _, arg := range n.Field("args").Nodes() {
		types = append(types, s.leafTypes(c, arg, maxClimb)...)
	}
	return types
}
