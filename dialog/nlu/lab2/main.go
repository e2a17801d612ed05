package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/hotline-cc/hotline/dialog/nlu"
	"github.com/hotline-cc/hotline/kb"
	"github.com/hotline-cc/hotline/packs"
)

func main() {
	b, _, _ := kb.LoadDir(packs.Yunzhou, "yunzhou")
	start := time.Now()
	f, _ := os.ReadFile(os.Args[1])
	m, err := nlu.Read(bytes.NewReader(f), "m", nlu.Documents(b))
	if err != nil {
		panic(err)
	}
	fmt.Println("load", time.Since(start))
	sc := bufio.NewScanner(os.Stdin)
	for sc.Scan() {
		want, text, _ := strings.Cut(sc.Text(), " ")
		u := m.Understand(text)
		mark := " "
		if want != string(u.Act) {
			mark = "X"
		}
		kind := ""
		if u.Emergency != nil {
			kind = string(u.Emergency.Kind) + u.Emergency.Service
		}
		fmt.Printf("%s %-12s %.2f %-12s %v %s | %s\n", mark, u.Act, u.ActConfidence, kind, u.Controls, u.Category, text)
	}
}
