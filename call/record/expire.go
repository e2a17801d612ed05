package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/hotline-cc/hotline"
)

// Expire removes the recordings of days that ended before a time and returns how many days those
// were. Recordings that are still being written, or wait for Repair, keep their day.
func Expire(root string, before time.Time) (days int, err error) {
	folders, err := filepath.Glob(filepath.Join(root, "[0-9][0-9][0-9][0-9]", "[0-9][0-9]", "[0-9][0-9]"))
	if err != nil {
		return 0, fmt.Errorf("list recordings: %w", err)
	}
	var failed []error
	for _, folder := range folders {
		name, _ := filepath.Rel(root, folder)
		day, err := time.ParseInLocation("2006/01/02", filepath.ToSlash(name), before.Location())
		if err != nil || day.AddDate(0, 0, 1).After(before) || inUse(root, folder) {
			continue
		}
		if err := os.RemoveAll(folder); err != nil {
			failed = append(failed, fmt.Errorf("remove recordings of %s: %w", name, err))
			continue
		}
		days++
		_ = os.Remove(filepath.Dir(folder)) // the month, when it was its last day
		_ = os.Remove(filepath.Dir(filepath.Dir(folder)))
	}
	return days, errors.Join(failed...)
}

// inUse reports whether a recording in the folder of a day has not been closed.
func inUse(root, folder string) bool {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return true
	}
	for _, e := range entries {
		if _, err := os.Lstat(openMark(root, hotline.ConversationID(e.Name()))); err == nil {
			return true
		}
	}
	return false
}
