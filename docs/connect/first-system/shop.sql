-- A web shop of two tables, to try the first steps of README.md without a system of your own.
CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT, full_name TEXT);
CREATE TABLE purchase (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer (id), article TEXT);
INSERT INTO customer VALUES (1, 'ana@example.org', 'Ana Example'), (2, 'ben@example.org', 'Ben Example');
INSERT INTO purchase VALUES (1, 1, 'Lamp'), (2, 1, 'Chair'), (3, 2, 'Table');
