-- A shop of 12 tables, with the indexes a company would have: one for each key that leads to rows.
-- {customers} is the number of customers; a customer has about 10 rows in all.

CREATE TABLE customer (
    customer_no varchar(12) PRIMARY KEY, email varchar(254) NOT NULL UNIQUE, first_name varchar(80), last_name varchar(80),
    birth_date date, phone varchar(16), language varchar(2), credit numeric(10, 2), active boolean, created_at timestamptz
);
INSERT INTO customer SELECT 'C' || lpad(c::text, 8, '0'), 'subject' || c || '@example.org', 'Given' || c % 997,
    'Family' || c % 9973, date '1940-01-01' + c % 23000, '+336' || lpad(c::text, 8, '0'), CASE c % 3 WHEN 0 THEN 'en' ELSE 'fr' END,
    (c % 5000) / 100.0, c % 11 > 0, timestamptz '2019-01-01 08:00+00' + c * interval '11 minutes'
FROM generate_series(1, {customers}) c;

CREATE TABLE address (address_id bigint PRIMARY KEY, customer_no varchar(12) NOT NULL, street varchar(160), postal_code varchar(10), city varchar(80), country varchar(2));
INSERT INTO address SELECT c, 'C' || lpad(c::text, 8, '0'), c % 300 || ' rue de l''Exemple', lpad((c % 95000)::text, 5, '0'), 'Ville ' || c % 400, 'FR'
FROM generate_series(1, {customers}) c;

CREATE TABLE consent (customer_no varchar(12), purpose varchar(40), given boolean, changed_at timestamptz, PRIMARY KEY (customer_no, purpose));
INSERT INTO consent SELECT 'C' || lpad(c::text, 8, '0'), 'newsletter', c % 2 = 0, timestamptz '2020-01-01 09:00+00' + c * interval '7 minutes'
FROM generate_series(1, {customers}) c;

CREATE TABLE device (device_id uuid PRIMARY KEY, customer_no varchar(12) NOT NULL, model varchar(80), seen_at timestamptz);
INSERT INTO device SELECT md5(c::text)::uuid, 'C' || lpad(c::text, 8, '0'), 'Phone ' || c % 40, timestamptz '2024-01-01 00:00+00' + c * interval '1 minute'
FROM generate_series(1, {customers}, 2) c;

CREATE TABLE purchase (purchase_id bigint PRIMARY KEY, customer_no varchar(12) NOT NULL, ordered_at timestamptz, total numeric(10, 2), remark text);
INSERT INTO purchase SELECT c, 'C' || lpad(c::text, 8, '0'), timestamptz '2023-01-01 10:00+00' + c * interval '3 minutes', (c % 9000) / 10.0, NULL
FROM generate_series(1, {customers}) c;

CREATE TABLE purchase_line (purchase_id bigint, line_no integer, article varchar(80), quantity integer, price numeric(10, 2), PRIMARY KEY (purchase_id, line_no));
INSERT INTO purchase_line SELECT c, n, 'Article ' || (c * n) % 700, 1 + c % 3, (c % 900) / 10.0
FROM generate_series(1, {customers}) c, generate_series(1, 1 + c % 2) n;

CREATE TABLE shipment (shipment_id bigint PRIMARY KEY, purchase_id bigint NOT NULL, line_no integer NOT NULL, carrier varchar(40), delivered_on date);
INSERT INTO shipment SELECT c, c, 1, 'Carrier ' || c % 5, date '2023-01-05' + c % 900
FROM generate_series(1, {customers}) c;

CREATE TABLE invoice (invoice_no varchar(20) PRIMARY KEY, purchase_id bigint NOT NULL, issued_on date, amount numeric(10, 2));
INSERT INTO invoice SELECT 'F' || lpad(c::text, 9, '0'), c, date '2023-01-02' + c % 900, (c % 9000) / 10.0
FROM generate_series(1, {customers}) c;

CREATE TABLE payment (payment_id bigint PRIMARY KEY, invoice_no varchar(20) NOT NULL, paid_on date, iban varchar(34), amount numeric(10, 2));
INSERT INTO payment SELECT c, 'F' || lpad(c::text, 9, '0'), date '2023-01-12' + c % 900, 'FR76' || lpad(c::text, 23, '0'), (c % 9000) / 10.0
FROM generate_series(1, {customers}) c;

CREATE TABLE ticket (ticket_id bigint PRIMARY KEY, customer_no varchar(12) NOT NULL, opened_at timestamptz, subject varchar(160));
INSERT INTO ticket SELECT c, 'C' || lpad(c::text, 8, '0'), timestamptz '2024-05-01 08:00+00' + c * interval '1 minute', 'Question ' || c % 77
FROM generate_series(1, {customers}, 4) c;

CREATE TABLE ticket_message (message_id bigint PRIMARY KEY, ticket_id bigint NOT NULL, sent_at timestamptz, body text);
INSERT INTO ticket_message SELECT c * 10 + n, c, timestamptz '2024-05-01 08:05+00' + c * interval '1 minute', 'The box at home blinks, message ' || n
FROM generate_series(1, {customers}, 4) c, generate_series(1, 2) n;

CREATE TABLE newsletter (email varchar(254), topic varchar(40), since date, PRIMARY KEY (email, topic));
INSERT INTO newsletter SELECT 'subject' || c || '@example.org', 'offers', date '2022-02-02' + c % 700
FROM generate_series(1, {customers}, 2) c;

-- Two customers of whom one table holds many rows: 10,000 and 1,000,000.
INSERT INTO customer (customer_no, email) VALUES ('M1', 'ten-thousand@example.org'), ('M2', 'a-million@example.org');
INSERT INTO ticket (ticket_id, customer_no) VALUES (-1, 'M1'), (-2, 'M2');
INSERT INTO ticket_message SELECT -n, -1, timestamptz '2024-05-01 08:05+00', 'The box at home blinks, message ' || n
FROM generate_series(1, 10000) n;
INSERT INTO ticket_message SELECT -10000 - n, -2, timestamptz '2024-05-01 08:05+00', 'The box at home blinks, message ' || n
FROM generate_series(1, 1000000) n;

CREATE INDEX ON address (customer_no);
CREATE INDEX ON device (customer_no);
CREATE INDEX ON purchase (customer_no);
CREATE INDEX ON shipment (purchase_id, line_no);
CREATE INDEX ON invoice (purchase_id);
CREATE INDEX ON payment (invoice_no);
CREATE INDEX ON ticket (customer_no);
CREATE INDEX ON ticket_message (ticket_id);

ALTER TABLE address ADD FOREIGN KEY (customer_no) REFERENCES customer;
ALTER TABLE consent ADD FOREIGN KEY (customer_no) REFERENCES customer;
ALTER TABLE device ADD FOREIGN KEY (customer_no) REFERENCES customer;
ALTER TABLE purchase ADD FOREIGN KEY (customer_no) REFERENCES customer;
ALTER TABLE purchase_line ADD FOREIGN KEY (purchase_id) REFERENCES purchase;
ALTER TABLE shipment ADD FOREIGN KEY (purchase_id, line_no) REFERENCES purchase_line;
ALTER TABLE invoice ADD FOREIGN KEY (purchase_id) REFERENCES purchase;
ALTER TABLE payment ADD FOREIGN KEY (invoice_no) REFERENCES invoice;
ALTER TABLE ticket ADD FOREIGN KEY (customer_no) REFERENCES customer;
ALTER TABLE ticket_message ADD FOREIGN KEY (ticket_id) REFERENCES ticket;
ANALYZE;
