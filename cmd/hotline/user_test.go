package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/store/db"
)

func TestUsersAreMadeAndLookedAfter(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "data: %q\n", filepath.Dir(file)), 0o600); err != nil {
		t.Fatal(err)
	}
	user := "user -c " + file + " "
	status, password, stderr := command(t, strings.Fields(user+"add root --name=王芳 --roles=administrator")...)
	if status != 0 || !regexp.MustCompile(`^[a-z2-7]{6}-[a-z2-7]{6}-[a-z2-7]{6}\n$`).MatchString(password) || !strings.Contains(stderr, "只显示这一次") {
		t.Fatalf("%d %q %s", status, password, stderr)
	}
	checkCommands(t, []commandLine{
		{user + "add root --name=x --roles=agent", 1, "", "已被使用"},
		{user + "add Li --name=x --roles=boss", 2, "", "没有这个角色"},
		{user + "add zhao --name=x --roles=auditor,agent", 2, "", "不能兼任"},
		{user + "add li.na --name=李娜 --roles=agent,supervisor", 0, "-", ""},
		{user + "list", 0, "agent,supervisor", ""},
		{user + "lock root", 1, "", "最后一位管理员"},
		{user + "role root agent", 1, "", "最后一位管理员"},
		{user + "role li.na administrator", 0, "", ""},
		{user + "lock root", 0, "", ""},
		{user + "list", 0, "disabled", ""},
		{user + "unlock root", 0, "", ""},
		{user + "unlock nobody", 1, "", "没有这个用户"},
		{user + "passwd li.na --reset-totp", 0, "-", ""},
		{user + "audit", 0, "7 ", ""},
	})
}

func TestAPasswordFromStandardInputStays(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "hotline.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "data: %q\n", dir), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typed string
		fails bool
	}{{"woaini1314\n", true}, {"", true}, {"verdant-otter-lamp\r\n", false}} {
		var out, errOut bytes.Buffer
		env := &Env{Ctx: t.Context(), Stdin: strings.NewReader(c.typed), Stdout: &out, Stderr: &errOut}
		add := UserAddCmd{PasswordFlags: PasswordFlags{Stdin: true}, Login: "root", Name: "王芳", Roles: []account.Role{account.RoleAdministrator}}
		if err := add.Run(env, &UserCmd{Config: file}); (err != nil) != c.fails || out.Len() != 0 || strings.Contains(errOut.String(), "otter") {
			t.Fatalf("%q: %v, printed %q %q", c.typed, err, out.String(), errOut.String())
		}
	}
	env := &Env{Ctx: t.Context()}
	err := (&UserCmd{Config: file}).with(env, func(book *account.Book, _ *db.DB) error {
		p, _, err := book.LogIn(t.Context(), account.Credentials{Login: "Root ", Password: "verdant-otter-lamp"}, account.From{Network: "test"})
		if err == nil && len(p.Must) != 0 {
			t.Errorf("has to do %v first", p.Must)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
