package nlu

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"

	"github.com/hotline-cc/hotline"
)

// Utterance is one labelled sentence. Category and Entry are empty when it has none.
type Utterance struct {
	Text, Channel string
	Act           Act
	Category      string
	Entry         string
	Slots         map[string]string // values by kind of slot
	Line          int
}

const utteranceHeader = "text\tchannel\tact\tcategory\tkb\tslots"

// ReadUtterances reads a table with the columns text, channel (voice or text), act, category, kb and
// slots, separated by tabs, "-" for none. A line that does not fit is an error that names the file
// and the line.
func ReadUtterances(r io.Reader, file string) ([]Utterance, error) {
	bad := func(line int, format string, args ...any) error {
		return hotline.Errorf("read utterances", hotline.CodeInvalid, "%s:%d: "+format, append([]any{file, line}, args...)...)
	}
	var out []Utterance
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	line := 0
	for lines.Scan() {
		line++
		text := strings.TrimRight(lines.Text(), "\r")
		if line == 1 {
			if strings.TrimPrefix(text, "\ufeff") != utteranceHeader {
				return nil, bad(line, "首行应为列名 the first line must be %q", utteranceHeader)
			}
			continue
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		fields := strings.Split(text, "\t")
		if len(fields) != 6 {
			return nil, bad(line, "应有 6 列，实有 %d 列 6 columns are needed", len(fields))
		}
		for i, f := range fields {
			if fields[i] = strings.TrimSpace(f); fields[i] == "-" && i > 0 {
				fields[i] = ""
			}
		}
		u := Utterance{Text: fields[0], Channel: fields[1], Act: Act(fields[2]), Category: fields[3], Entry: fields[4], Line: line}
		switch {
		case u.Text == "":
			return nil, bad(line, "话语为空 the text is empty")
		case u.Channel != "voice" && u.Channel != "text":
			return nil, bad(line, "渠道应为 voice 或 text channel must be voice or text, not %q", u.Channel)
		case !knownAct(u.Act):
			return nil, bad(line, "没有这种意图 unknown act %q", u.Act)
		}
		if fields[5] != "" {
			if err := json.Unmarshal([]byte(fields[5]), &u.Slots); err != nil {
				return nil, bad(line, "slots 应为 JSON 对象，值为字符串 must be a JSON object of strings: %w", err)
			}
		}
		out = append(out, u)
	}
	if err := lines.Err(); err != nil {
		return nil, bad(line+1, "%w", err)
	}
	return out, nil
}
