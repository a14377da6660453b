module github.com/op-data/sqlpreview

go 1.26.0
