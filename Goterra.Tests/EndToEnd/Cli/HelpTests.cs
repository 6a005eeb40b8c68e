using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Goterra.Tests.EndToEnd.Cli;

/// <summary>Help, the man page and completion.</summary>
[Trait("Category", "EndToEnd")]
public sealed class HelpTests
{
    [Theory]
    [InlineData("help", "-h")]
    [InlineData("help get", "get -h")]
    [InlineData("help ticket create", "ticket create -h")]
    public async Task Help_Command_IsItsHelp(string line, string equivalent)
    {
        var run = await CliRun.RunAsync(line.Split(' '));
        var help = await CliRun.RunAsync(equivalent.Split(' '));

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(help.Text, run.Text);
    }

    [Fact]
    public async Task ManPage_CommandsOptionsVariablesAndExitCodes_AreComplete()
    {
        var help = (await CliRun.RunAsync(["-h"])).Text;
        var page = (await File.ReadAllTextAsync(SourceTree.PathOf("docs/goterra-cli.1")))
            .Replace("\\-", "-", StringComparison.Ordinal);

        var commands = Regex.Matches(help.Split("Commands:")[1], "(?m)^  ([a-z]+) ")
            .Select(match => match.Groups[1].Value);
        var variables = Regex.Matches(
            help.Split("Environment:")[1].Split("Exit codes:")[0], "(GOT|HTTPS|HTTP|ALL|NO)_[A-Z_]+")
            .Select(match => match.Value);
        var options = Regex.Matches(help.Split("Options:")[1], "(?m)^  (?:-h, )?(--[a-z]+)")
            .Select(match => match.Groups[1].Value);

        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Matches($@"\b{command}\b", page.Split(".SH COMMANDS")[1]));
        Assert.All(variables.Concat(options), word => Assert.Contains(word, page, StringComparison.Ordinal));
        var exitCodes = Regex.Match(help, @"0 success.*\(condition not met\)", RegexOptions.Singleline).Value;
        Assert.Contains(OnOneLine(exitCodes), OnOneLine(page), StringComparison.Ordinal);

        static string OnOneLine(string text) => Regex.Replace(text, @"\s+", " ");
    }

    [FactWith("groff")]
    public async Task ManPage_Groff_HasNoWarnings()
    {
        var page = SourceTree.PathOf("docs/goterra-cli.1");

        var (exit, _, errors) = await RunAsync("groff", "-man", "-Tascii", "-ww", page);

        Assert.Equal((0, ""), (exit, errors));
    }

    [Theory]
    [InlineData("get --no-w", "--no-wait")]
    [InlineData("--url http://x get --cha", "--changed --changed-from")]
    [InlineData("ela", "")]
    [InlineData("el", "elect")]
    [InlineData("ticket cr", "create")]
    [InlineData("ticket create --na", "--name")]
    [InlineData("namespace ", "token revoke --url --deployment --token --timeout --help --version")]
    [InlineData("run --name x --host y --fail", "--fail-deployment")]
    public async Task Completion_Bash_CompletesCommandsAndOptions(string typed, string words)
    {
        var script = (await CliRun.RunAsync(["completion", "bash"])).Text;
        var (exit, output, errors) = await RunAsync(
            "bash",
            "-c",
            script + "COMP_WORDS=(goterra-cli \"$@\"); COMP_CWORD=$#; _goterra_cli; echo ${COMPREPLY[*]}",
            "bash",
            [.. typed.Split(' ')]);

        Assert.Equal((0, ""), (exit, errors));
        Assert.Equal(words.Split(' ').Order(), output.TrimEnd('\n').Split(' ').Order());
    }

    [FactWith("zsh")]
    public async Task Completion_Zsh_IsValid()
    {
        var script = (await CliRun.RunAsync(["completion", "zsh"])).Text;

        var (exit, output, errors) = await RunAsync("zsh", "-fc", script + "print ${_comps[goterra-cli]}");

        Assert.Equal((0, ""), (exit, errors));
        Assert.Contains("_goterra_cli", output, StringComparison.Ordinal);
    }

    [FactWith("fish")]
    public async Task Completion_Fish_CompletesCommandsAndOptions()
    {
        var script = (await CliRun.RunAsync(["completion", "fish"])).Text;

        var (exit, output, errors) = await RunAsync(
            "fish", "-Nc", script + "complete -C 'goterra-cli el'; complete -C 'goterra-cli get --no-w'; "
            + "complete -C 'goterra-cli ticket cr'");

        Assert.Equal((0, ""), (exit, errors));
        Assert.Matches("^elect\tBecome the leader[^\n]*\n--no-wait\t[^\n]*\ncreate\t[^\n]*\n$", output);
    }

    [Fact]
    public async Task Completion_UnknownShell_IsAUsageError()
    {
        var run = await CliRun.RunAsync(["completion", "tcsh"]);

        Assert.Equal((2, ""), (run.ExitCode, run.Text));
    }

    private static Task<(int Exit, string Output, string Errors)> RunAsync(string program, params string[] arguments) =>
        RunAsync(program, arguments.AsEnumerable());

    private static Task<(int Exit, string Output, string Errors)> RunAsync(
        string program, string first, string second, string third, IEnumerable<string> rest) =>
        RunAsync(program, new[] { first, second, third }.Concat(rest));

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(
        string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}
