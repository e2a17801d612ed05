package kb

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/hotline-cc/hotline"
)

// ReadCSV reads a table of entries as Excel and WPS save it: UTF-8 with or without byte order mark,
// UTF-16 with one, or GB18030; separated by comma, semicolon or tab.
func ReadCSV(name string, r io.Reader) ([]Row, Problems) {
	var ps Problems
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("文件超过 %d MB file too large", maxFile>>20)
	}
	text := ""
	if err == nil {
		text, err = decode(data)
	}
	if err != nil {
		ps.add(Problem{File: name, Reason: err.Error()})
		return nil, ps
	}
	table := csv.NewReader(strings.NewReader(text))
	table.FieldsPerRecord = -1
	table.Comma = separator(text)
	var rows []cells
	for {
		record, err := table.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			var parse *csv.ParseError
			line := 0
			if errors.As(err, &parse) {
				line = parse.Line
			}
			ps.add(Problem{File: name, Line: line, Reason: "CSV 格式错误，多半是引号不成对 not CSV: " + err.Error()})
			return nil, ps
		}
		for i, v := range record {
			record[i] = unguard(v)
		}
		line, _ := table.FieldPos(0)
		rows = append(rows, cells{line, record})
	}
	return readTable(name, rows)
}

// decode finds the encoding of a text and returns it in UTF-8.
func decode(data []byte) (string, error) {
	if rest, found := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); found {
		data = rest
	}
	for mark, order := range map[string]binary.ByteOrder{"\xff\xfe": binary.LittleEndian, "\xfe\xff": binary.BigEndian} {
		if rest, found := bytes.CutPrefix(data, []byte(mark)); found {
			units := make([]uint16, len(rest)/2)
			for i := range units {
				units[i] = order.Uint16(rest[2*i:])
			}
			return string(utf16.Decode(units)), nil
		}
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
		return "", errors.New("编码既不是 UTF-8 也不是 GB18030，请另存为 UTF-8 neither UTF-8 nor GB18030")
	}
	return string(text), nil
}

// separator is the one that parts the header.
func separator(text string) rune {
	header, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	best, most := ',', 0
	for _, r := range ",;\t" {
		if n := strings.Count(header, string(r)); n > most {
			best, most = r, n
		}
	}
	return best
}

// WriteCSV writes a table of entries with a byte order mark, so that Excel reads it as UTF-8.
// Cells that a spreadsheet would run as a formula are guarded by an apostrophe, which ReadCSV
// removes.
func WriteCSV(w io.Writer, entries []Entry) error { return writeCSV(w, writeTable(entries)) }

// TemplateCSV writes an empty table with the columns and what they take.
func TemplateCSV(w io.Writer) error { return writeCSV(w, template()) }

func writeCSV(w io.Writer, rows [][]string) error {
	const op = "write table"
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return hotline.Errorf(op, hotline.CodeUnavailable, "%w", err)
	}
	table := csv.NewWriter(w)
	for _, row := range rows {
		guarded := make([]string, len(row))
		for i, v := range row {
			guarded[i] = guard(v)
		}
		if err := table.Write(guarded); err != nil {
			return hotline.Errorf(op, hotline.CodeUnavailable, "%w", err)
		}
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return hotline.Errorf(op, hotline.CodeUnavailable, "%w", err)
	}
	return nil
}

// formulaMarks begin a formula in a spreadsheet (CWE-1236); the apostrophe is here so that a guard
// can be told from a text that begins with one.
const formulaMarks = "=+-@'"

func guard(cell string) string {
	if cell != "" && strings.ContainsRune(formulaMarks, rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func unguard(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune(formulaMarks, rune(cell[1])) {
		return cell[1:]
	}
	return cell
}
