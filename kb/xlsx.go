package kb

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"

	"github.com/hotline-cc/hotline"
)

// sheet is the name of the sheet that is written.
const sheet = "知识库"

// maxUnzipped bounds what a workbook may unpack to, in bytes.
const maxUnzipped = 256 << 20

// ReadXLSX reads the first sheet of a workbook as a table of entries. Dates may be text or cells in
// the format of a date.
func ReadXLSX(name string, r io.Reader) (rows []Row, ps Problems) {
	refuse := func(err error) ([]Row, Problems) {
		ps.add(Problem{File: name, Reason: "不是可读的 XLSX，请用 Excel 或 WPS 另存 not a readable workbook: " + err.Error()})
		return nil, ps
	}
	file, err := excelize.OpenReader(io.LimitReader(r, maxFile), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped, RawCellValue: true})
	if err != nil {
		return refuse(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			ps.add(Problem{File: name, Severity: Warning, Reason: err.Error()})
		}
	}()
	sheets := file.GetSheetList()
	if len(sheets) == 0 {
		return refuse(errors.New("no sheet"))
	}
	lines, err := file.Rows(sheets[0])
	if err != nil {
		return refuse(err)
	}
	props, err := file.GetWorkbookProps()
	if err != nil {
		return refuse(err)
	}
	since1904 := props.Date1904 != nil && *props.Date1904
	var table []cells
	for n := 1; lines.Next() && len(table) <= maxEntries+1; n++ {
		values, err := lines.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return refuse(fmt.Errorf("row %d: %w", n, err))
		}
		table = append(table, cells{n, values})
	}
	if err := errors.Join(lines.Error(), lines.Close()); err != nil {
		return refuse(err)
	}
	unserialize(table, since1904)
	return readTable(name, table)
}

// unserialize turns the numbers by which a workbook keeps dates into days, in the columns of days.
func unserialize(table []cells, since1904 bool) {
	at := 0
	for at < len(table) && blank(table[at].values) {
		at++
	}
	if at == len(table) {
		return
	}
	for i, title := range table[at].values {
		if f := fieldFor(title); f == nil || f.day == nil {
			continue
		}
		for _, row := range table[at+1:] {
			if i >= len(row.values) {
				continue
			}
			serial, err := strconv.ParseFloat(row.values[i], 64)
			if err != nil || serial < 1 || serial > 200000 {
				continue
			}
			if day, err := excelize.ExcelDateToTime(serial, since1904); err == nil {
				row.values[i] = string(DayOf(day))
			}
		}
	}
}

// WriteXLSX writes a workbook with a table of entries.
func WriteXLSX(w io.Writer, entries []Entry) error { return writeXLSX(w, writeTable(entries)) }

// TemplateXLSX writes an empty workbook with the columns, what they take, and lists to choose from.
func TemplateXLSX(w io.Writer) error { return writeXLSX(w, template()) }

func writeXLSX(w io.Writer, rows [][]string) error {
	file := excelize.NewFile()
	err := fillSheet(file, rows)
	if err == nil {
		err = file.Write(w)
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return hotline.Errorf("write workbook", hotline.CodeUnavailable, "%w", err)
	}
	return nil
}

func fillSheet(file *excelize.File, rows [][]string) error {
	if err := file.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	text, err := file.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	bold, err := file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: 49})
	if err != nil {
		return err
	}
	last, err := excelize.ColumnNumberToName(len(fields))
	if err != nil {
		return err
	}
	if err := errors.Join(
		file.SetColStyle(sheet, "A:"+last, text), // text, so that what is typed stays as typed
		file.SetColWidth(sheet, "A", last, 22),
		file.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
	); err != nil {
		return err
	}
	for i, row := range rows {
		for k, value := range row {
			cell, err := excelize.CoordinatesToCellName(k+1, i+1)
			if err != nil {
				return err
			}
			if err := file.SetCellStr(sheet, cell, value); err != nil {
				return err
			}
		}
	}
	if err := file.SetCellStyle(sheet, "A1", last+"1", bold); err != nil {
		return err
	}
	return offerChoices(file)
}

// offerChoices gives the columns with a closed list a list to choose from.
func offerChoices(file *excelize.File) error {
	for i := range fields {
		if fields[i].choice == nil {
			continue
		}
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		var titles []string
		for _, c := range fields[i].choice {
			titles = append(titles, c.title)
		}
		rule := excelize.NewDataValidation(true)
		rule.Sqref = fmt.Sprintf("%s3:%s%d", column, column, maxEntries)
		if err := errors.Join(rule.SetDropList(titles), file.AddDataValidation(sheet, rule)); err != nil {
			return err
		}
	}
	return nil
}
