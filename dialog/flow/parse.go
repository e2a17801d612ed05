package flow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Limits of a file. A flow of a hundred nodes has some 40 KiB and nine levels.
const (
	maxFile  = 1 << 20 // bytes
	maxLines = 20000
	maxDepth = 12    // levels of lists and mappings
	maxParts = 40000 // keys and values
	maxText  = 4000  // bytes of one text
)

// parse returns the root of the only document of a file. The YAML parser is foreign code on foreign
// bytes: should it panic, the file is refused.
func parse(data []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("YAML 格式错误，请检查缩进；含冒号、井号、花括号的内容要加引号 (not YAML: %v)", r)
		}
	}()
	if len(data) > maxFile {
		return nil, fmt.Errorf("文件超过 %d KiB，请拆成几个流程 (file too large)", maxFile>>10)
	}
	if n := bytes.Count(data, []byte("\n")); n > maxLines {
		return nil, fmt.Errorf("文件有 %d 行，最多 %d 行，请拆成几个流程 (too many lines)", n, maxLines)
	}
	if !utf8.Valid(data) {
		return nil, errors.New("文件不是 UTF-8 编码，请另存为 UTF-8 (not UTF-8)")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0:
		return nil, errors.New("文件是空的 (empty file)")
	case err != nil:
		return nil, fmt.Errorf("YAML 格式错误，请检查缩进；含冒号、井号、花括号的内容要加引号 (not YAML: %s)", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("一个文件只能有一个文档，请删去“---”后的部分 (more than one document)")
	}
	return document.Content[0], nil
}

// lineOf finds the line in an error of the YAML parser, which has it only in its text.
func lineOf(err error) int {
	_, rest, _ := strings.Cut(err.Error(), "line ")
	end := strings.IndexFunc(rest+" ", func(r rune) bool { return r < '0' || r > '9' })
	n, _ := strconv.Atoi(rest[:end]) // 0 when there is none
	return n
}
