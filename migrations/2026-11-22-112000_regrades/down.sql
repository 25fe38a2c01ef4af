drop table regrades;
