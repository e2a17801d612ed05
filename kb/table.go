package kb

import (
	"fmt"
	"strings"
)

// noteMark begins the id of a row of explanations in a template. Such a row is not read.
const noteMark = "#"

// cells is one row of a table with its number in the file.
type cells struct {
	line   int
	values []string
}

// readTable turns rows into entries. The first row that is not empty names the columns, in Chinese
// or by their keys. A column the table does not have leaves a field as it is; an empty cell clears
// it.
func readTable(name string, rows []cells) ([]Row, Problems) {
	var ps Problems
	for len(rows) > 0 && blank(rows[0].values) {
		rows = rows[1:]
	}
	if len(rows) == 0 {
		ps.add(Problem{File: name, Reason: "表是空的，请从模板开始 empty table; start from the template"})
		return nil, ps
	}
	columns, ps := readHeader(name, rows[0])
	if ps.Err() != nil {
		return nil, ps
	}
	var list []Row
	for _, c := range rows[1:] {
		if blank(c.values) || strings.HasPrefix(c.values[0], noteMark) {
			continue
		}
		if len(list) == maxEntries {
			ps.add(Problem{File: name, Line: c.line, Reason: fmt.Sprintf("超过 %d 行，请分批导入 too many rows", maxEntries)})
			break
		}
		row, wrong := readCells(name, c, columns)
		list = append(list, row)
		ps = append(ps, wrong...)
	}
	return list, ps
}

func blank(values []string) bool {
	return strings.TrimSpace(strings.Join(values, "")) == ""
}

// readHeader finds the field of each column.
func readHeader(name string, c cells) ([]*field, Problems) {
	var ps Problems
	columns := make([]*field, len(c.values))
	seen := map[string]bool{}
	for i, title := range c.values {
		title = strings.TrimRight(strings.TrimSpace(title), "*＊")
		if title == "" {
			continue
		}
		f := fieldFor(title)
		switch {
		case f == nil:
			ps.add(Problem{File: name, Line: c.line, Field: title, Reason: "不认识的列，请对照模板 unknown column; compare with the template"})
		case seen[f.key]:
			ps.add(Problem{File: name, Line: c.line, Field: title, Reason: "列重复 column given twice"})
		default:
			seen[f.key] = true
			columns[i] = f
		}
	}
	if ps.Err() == nil && !seen["id"] && !seen["question"] {
		ps.add(Problem{File: name, Line: c.line, Reason: "至少要有“编号”或“标准问题”列 want a column 编号 or 标准问题"})
	}
	return columns, ps
}

func fieldFor(title string) *field {
	for i := range fields {
		f := &fields[i]
		if strings.EqualFold(title, f.key) || title == f.title {
			return f
		}
		for _, other := range f.also {
			if title == other {
				return f
			}
		}
	}
	return nil
}

func readCells(name string, c cells, columns []*field) (Row, Problems) {
	var ps Problems
	row := Row{File: name, Line: c.line, Given: map[string]bool{}}
	for i, f := range columns {
		if f == nil {
			continue
		}
		value := ""
		if i < len(c.values) {
			value = strings.TrimSpace(strings.ReplaceAll(c.values[i], "\r\n", "\n"))
		}
		row.Given[f.key] = true
		var values []string
		switch {
		case f.list != nil:
			values = splitList(value)
		case value != "":
			values = []string{value}
		}
		if err := f.set(&row.Entry, values); err != nil {
			ps.add(Problem{File: name, Line: c.line, ID: row.Entry.ID, Field: f.title, Reason: err.Error()})
		}
	}
	for i := len(columns); i < len(c.values); i++ {
		if strings.TrimSpace(c.values[i]) != "" {
			ps.add(Problem{File: name, Line: c.line, ID: row.Entry.ID, Reason: fmt.Sprintf("第 %d 列没有列名 cell outside of the columns", i+1)})
			break
		}
	}
	row.wrong = ps.Err() != nil
	return row, ps
}

func splitList(cell string) []string {
	var list []string
	for _, item := range strings.FieldsFunc(cell, func(r rune) bool { return r == '\n' || r == '|' || r == '｜' }) {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	return list
}

// writeTable returns a header and one row for each entry, with every field.
func writeTable(entries []Entry) [][]string {
	table := [][]string{header()}
	for i := range entries {
		e := entries[i]
		e.normalize()
		row := make([]string, len(fields))
		for k := range fields {
			separator := "|"
			if fields[k].key == "similar" {
				separator = "\n"
			}
			row[k] = strings.Join(titled(&fields[k], fields[k].values(&e)), separator)
		}
		table = append(table, row)
	}
	return table
}

// titled writes a choice as people read it.
func titled(f *field, values []string) []string {
	for _, c := range f.choice {
		if len(values) == 1 && values[0] == c.key {
			return []string{c.title}
		}
	}
	return values
}

func header() []string {
	row := make([]string, len(fields))
	for i := range fields {
		row[i] = fields[i].title
		if fields[i].must {
			row[i] += "*"
		}
	}
	return row
}

// template is a header and a row that explains the columns.
func template() [][]string {
	notes := make([]string, len(fields))
	for i := range fields {
		notes[i] = fields[i].note
	}
	notes[0] = noteMark + "说明，本行不导入：" + notes[0]
	return [][]string{header(), notes}
}
