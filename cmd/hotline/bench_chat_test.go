package main

import (
	"strings"
	"testing"
)

func TestABenchmarkWithMessagesThatWereNotAnsweredFails(t *testing.T) {
	if err := faultOf(&chatResult{Messages: 9}); err != nil {
		t.Error(err)
	}
	if err := faultOf(&chatResult{Messages: 9, Errors: 1, FirstErr: "503"}); err == nil || !strings.Contains(err.Error(), "503") {
		t.Error(err)
	}
}
