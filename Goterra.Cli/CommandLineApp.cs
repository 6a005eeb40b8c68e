using System.CommandLine;
using System.CommandLine.Invocation;
using Goterra.Cli.Arguments;
using Goterra.Cli.Commands;
using Goterra.Cli.Connection;
using Goterra.Cli.Output;

namespace Goterra.Cli;

/// <summary>The program: argument list in, exit code out.</summary>
internal sealed class CommandLineApp(CliEnvironment environment)
{
    private const string Name = "goterra-cli";

    private const string Description =
        """
        Hands small values between machines that are being deployed, by way of a goterra server.

        Environment:
          GOT_URL         address of the server (--url)
          GOT_DEPLOYMENT  id of the deployment (--deployment)
          GOT_TOKEN       token of the deployment (--token); not visible in the process list, unlike --token
          GOT_TOKEN_FILE  file to read the token from where neither --token nor GOT_TOKEN is given
          GOT_TICKET      where there is no token: ticket, traded for a token at first use; names the deployment, too (or GOT_TICKET_FILE)
          GOT_STATE_DIR   where the machine's id and that token are kept (/var/lib/goterra, or ~/.local/state/goterra)
          GOT_APIKEY      API key, for create, and for all else where there is no token
          GOT_CACERT      file with the CAs (PEM) that may sign the server's certificate, in place of the system's
          HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY   as curl knows them, in small letters too
          GOT_FENCE       for put and rm: a lease's key and ETag, without which nothing is written (elect sets it for its command)
          GOT_TRIM        on put of a file or stdin: send only the last GOT_TRIM bytes, from the start of a character

        Exit codes:
          0 done, 1 any other error, 2 usage, 3 timed out or absent, 4 not authorised or token expired, 5 deployment gone,
          6 deployment failed, 7 server unreachable until the deadline, 8 lost the race (condition not met)
          run, exec, once and elect end with the exit code of their command: 128 and its number where a signal ended it, 127 not found, 126 not executable

        While it waits for long, the program says on stderr what for. Stdout carries what was asked for and nothing else.
        Options stand before or after the command, and may be written with one dash (-url, -timeout=5).
        """;

    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken)
    {
        var talk = new Talk(environment.Error, environment.ErrorIsTerminal);
        try
        {
            return await ParseAndRunAsync(args, talk, cancellationToken);
        }
        catch (CliException problem)
        {
            talk.Say(problem.Message);
            return (int)problem.ExitCode;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            talk.Say(problem.Message);
            return (int)ExitCode.Error;
        }
    }

    private async Task<int> ParseAndRunAsync(IReadOnlyList<string> args, Talk talk, CancellationToken cancellationToken)
    {
        var root = BuildRoot(talk);
        var parsed = root.Parse(
            new ArgumentNormalizer(root).Normalize(args),
            // No response files: `@file` is ours.
            new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            throw CliException.Usage($"{parsed.Errors[0].Message} See {UsageHint(parsed)}.");

        using var helpText = new StringWriter();
        var exitCode = await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = helpText,
                Error = environment.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // SIGINT and SIGTERM end the process at once, with 130 and 143
            },
            cancellationToken);

        // The library always writes the options last, where put and fail take them for the text, and run and its like for the command.
        var help = helpText.ToString()
            .Replace("put <KEY> <VALUE> [options]", "put [options] <KEY> <VALUE>", StringComparison.Ordinal)
            .Replace("fail <REASON> [options]", "fail [options] <REASON>", StringComparison.Ordinal)
            .Replace("resume [<REASON>] [options]", "resume [options] [<REASON>]", StringComparison.Ordinal)
            .Replace("elect <ROLE> [<COMMAND>...] [options]", "elect [options] <ROLE> [-- <COMMAND>...]", StringComparison.Ordinal)
            .Replace("once <KEY> [<COMMAND>...] [options]", "once [options] <KEY> -- <COMMAND>...", StringComparison.Ordinal)
            .Replace(" [<COMMAND>...] [options]", " [options] -- <COMMAND>...", StringComparison.Ordinal);
        new ValueOutput(environment.Output).WriteText(help);
        return exitCode;
    }

    private Command BuildRoot(Talk talk)
    {
        var options = new ConnectionOptions();
        var sessions = new SessionFactory(options, environment, talk);
        return new Command(Name, Description)
        {
            new HelpFlag(), new VersionFlag($"{Name} {CliVersion.Text}"),
            options.Url, options.Deployment, options.Token, options.Timeout,
            new CreateCommand(sessions, environment, talk),
            new GetCommand(sessions, environment),
            new PutCommand(sessions, environment),
            new WaitCommand(sessions, environment),
            new ListCommand(sessions, environment),
            new StatusCommand(sessions, environment),
            new WatchCommand(sessions, environment),
            new RunCommand(sessions, environment, talk),
            new ExecCommand(sessions, talk),
            new OnceCommand(sessions, environment, talk),
            new ElectCommand(sessions, environment, talk),
            new FailCommand(sessions),
            new ResumeCommand(sessions),
            new RemoveCommand(sessions),
            new DeleteCommand(sessions),
            new DoctorCommand(sessions, environment),
            new RenewCommand(sessions, environment, talk),
            new TokenCommand(sessions, environment),
            new RevokeCommand(sessions, environment, talk),
            new TicketCommand(new TicketCreateCommand(sessions, environment)),
            new DeploymentsCommand(sessions, environment),
            new NamespacesCommand(sessions, environment),
            new NamespaceCommand(sessions, environment),
        };
    }

    private static string UsageHint(ParseResult parsed) =>
        parsed.CommandResult.Parent is null ? $"{Name} -h" : $"{Name} {ArgumentNormalizer.NameOf(parsed.CommandResult.Command)} -h";
}
