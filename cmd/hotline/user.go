package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/account"
	"github.com/hotline-cc/hotline/cmd/hotline/gateway"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/store/db"
)

// UserCmd looks after the people who log in. It works beside a running gateway, and makes the first
// administrator.
type UserCmd struct {
	Config string `short:"c" help:"Configuration file of the gateway; without one, its defaults." type:"existingfile"`

	Add    UserAddCmd    `cmd:"" help:"新建用户 Make a user."`
	List   UserListCmd   `cmd:"" help:"列出用户 List the users."`
	Passwd UserPasswdCmd `cmd:"" help:"重置密码 Give a user another password; sessions end."`
	Role   UserRoleCmd   `cmd:"" help:"设置角色 Give a user other roles."`
	Lock   UserLockCmd   `cmd:"" help:"停用 Keep a user out, at once."`
	Unlock UserUnlockCmd `cmd:"" help:"启用并解锁 Let a user in again, also after too many failures."`
	Audit  UserAuditCmd  `cmd:"" help:"核对审计记录 Verify that the record of who did what is as it was written."`
}

const opUser = "user"

// with opens the accounts of the gateway.
func (c *UserCmd) with(env *Env, do func(*account.Book, *db.DB) error) error {
	return withStorage(env, c.Config, func(cfg *config.Config, store *db.DB) error {
		book, err := gateway.OpenAccounts(cfg, store)
		if err != nil {
			return err
		}
		return do(book, store)
	})
}

// shell is who types commands, for the record.
func shell() account.Actor {
	name := "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return account.Actor{Name: "cli:" + name}
}

// PasswordFlags say where a password comes from.
type PasswordFlags struct {
	Stdin bool `help:"Read the password from standard input, or ask for it; else one is made and printed once."`
}

// password returns one, and whether it was made here.
func (f PasswordFlags) password(env *Env) (text string, made bool, err error) {
	if !f.Stdin {
		return account.NewPassword(), true, nil
	}
	if file, isFile := env.Stdin.(*os.File); isFile {
		show := hideTyping(int(file.Fd()))
		defer show()
	}
	env.progress("密码 password:")
	line, err := bufio.NewReader(io.LimitReader(env.Stdin, 4<<10)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", false, hotline.Errorf(opUser, hotline.CodeInvalid, "%w", err)
	}
	return strings.TrimRight(line, "\r\n"), false, nil
}

// hideTyping turns the echo of a terminal off until show is called. What is no terminal stays as it is.
func hideTyping(fd int) (show func()) {
	was, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	quiet := *was
	quiet.Lflag &^= unix.ECHO
	_ = unix.IoctlSetTermios(fd, unix.TCSETS, &quiet) // then it is seen
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, was) }
}

func (env *Env) printPassword(text string, made bool) error {
	if !made {
		return nil
	}
	env.progress("密码只显示这一次，首次登录须修改 the password is shown this once, and has to be changed at the first log-in:")
	_, err := fmt.Fprintln(env.Stdout, text)
	return err
}

// UserAddCmd is "hotline user add".
type UserAddCmd struct {
	PasswordFlags
	Login string         `arg:"" help:"Small letters, digits, . _ -"`
	Name  string         `required:"" help:"As it is shown, as 王芳."`
	Roles []account.Role `required:"" help:"agent, supervisor, knowledge, administrator, auditor; an auditor has no other one."`
}

// Run makes the user.
func (c *UserAddCmd) Run(env *Env, parent *UserCmd) error {
	return parent.with(env, func(book *account.Book, _ *db.DB) error {
		password, made, err := c.password(env)
		if err != nil {
			return err
		}
		if _, err := book.Add(env.Ctx, account.Newcomer{Login: c.Login, Name: c.Name, Roles: c.Roles, Password: password, Keep: !made}, shell()); err != nil {
			return err
		}
		return env.printPassword(password, made)
	})
}

// UserListCmd is "hotline user list".
type UserListCmd struct{}

// Run prints a table.
func (*UserListCmd) Run(env *Env, parent *UserCmd) error {
	return parent.with(env, func(book *account.Book, _ *db.DB) error {
		const page = 500
		w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(w, "LOGIN\tNAME\tROLES\tSTATE\tLAST LOG-IN")
		for after, more := "", true; more; {
			list, err := book.List(env.Ctx, after, page)
			if err != nil {
				return err
			}
			locked, err := book.Locked(env.Ctx, list...)
			if err != nil {
				return err
			}
			for _, u := range list {
				last := "-"
				if !u.LastLogin.IsZero() {
					last = u.LastLogin.Local().Format(time.DateTime)
				}
				_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.Login, u.Name, join(u.Roles), state(u, locked[u.ID]), last)
				after = u.Login
			}
			more = len(list) == page
		}
		return w.Flush()
	})
}

func join(roles []account.Role) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(roles), "[]"), " ", ",")
}

func state(u account.User, locked time.Time) string {
	switch {
	case u.Disabled:
		return "disabled"
	case !locked.IsZero():
		return "locked until " + locked.Local().Format(time.TimeOnly)
	case u.MustChange:
		return "password to be changed"
	}
	return "active"
}

// UserPasswdCmd is "hotline user passwd".
type UserPasswdCmd struct {
	PasswordFlags
	Login     string `arg:""`
	ResetTOTP bool   `name:"reset-totp" help:"Do away with the second factor as well."`
}

// Run gives the user another password.
func (c *UserPasswdCmd) Run(env *Env, parent *UserCmd) error {
	return parent.with(env, func(book *account.Book, _ *db.DB) error {
		password, made, err := c.password(env)
		if err != nil {
			return err
		}
		if err := changeUser(env, book, c.Login, account.Change{Password: &password, Keep: !made, ResetTOTP: c.ResetTOTP}); err != nil {
			return err
		}
		return env.printPassword(password, made)
	})
}

func changeUser(env *Env, book *account.Book, login string, c account.Change) error {
	u, err := book.User(env.Ctx, login)
	if err == nil {
		_, err = book.Change(env.Ctx, u.ID, c, shell())
	}
	return err
}

// UserRoleCmd is "hotline user role".
type UserRoleCmd struct {
	Login string         `arg:""`
	Roles []account.Role `arg:"" help:"All roles that the user has from then on."`
}

// Run changes the roles.
func (c *UserRoleCmd) Run(env *Env, parent *UserCmd) error {
	return parent.with(env, func(book *account.Book, _ *db.DB) error {
		return changeUser(env, book, c.Login, account.Change{Roles: c.Roles})
	})
}

// UserLockCmd is "hotline user lock".
type UserLockCmd struct {
	Login string `arg:""`
}

// Run disables the user.
func (c *UserLockCmd) Run(env *Env, parent *UserCmd) error {
	return parent.with(env, func(book *account.Book, _ *db.DB) error {
		disabled := true
		return changeUser(env, book, c.Login, account.Change{Disabled: &disabled})
	})
}

// UserUnlockCmd is "hotline user unlock".
type UserUnlockCmd struct {
	Login string `arg:""`
}

// Run lets the user in again.
func (c *UserUnlockCmd) Run(env *Env, parent *UserCmd) error {
	return parent.with(env, func(book *account.Book, _ *db.DB) error {
		u, err := book.User(env.Ctx, c.Login)
		if err == nil && u.Disabled {
			disabled := false
			_, err = book.Change(env.Ctx, u.ID, account.Change{Disabled: &disabled}, shell())
		}
		if err == nil {
			_, err = book.Unlock(env.Ctx, u.ID, shell())
		}
		return err
	})
}

// UserAuditCmd is "hotline user audit".
type UserAuditCmd struct{}

// Run prints how many entries there are, or where the record is broken.
func (*UserAuditCmd) Run(env *Env, parent *UserCmd) error {
	return parent.with(env, func(_ *account.Book, store *db.DB) error {
		last, hash, err := store.VerifyEntries(env.Ctx)
		if err == nil {
			_, err = fmt.Fprintf(env.Stdout, "%d %s\n", last, hash)
		}
		return err
	})
}
