// The notices of what the binaries link, kept out of the product's graph.
module github.com/op-data/sqlpreview/.ci/notices

go 1.26.0

require github.com/google/licensecheck v0.3.1
