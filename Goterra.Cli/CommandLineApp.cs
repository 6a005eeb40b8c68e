using System.CommandLine;
using System.CommandLine.Invocation;
using Goterra.Cli.Arguments;
using Goterra.Cli.Commands;
using Goterra.Cli.Output;
using Goterra.Cli.Processes;
using Goterra.Cli.Runtime;
using Goterra.Cli.Sessions;

namespace Goterra.Cli;

/// <summary>The program: takes the arguments, returns the exit code.</summary>
internal sealed class CommandLineApp(CliEnvironment environment)
{
    public const string Name = "goterra-cli";

    private const string Description =
        """
        Exchanges small values between machines that are being deployed, through a goterra server.

        Environment:
          GOT_URL         URL of the server (--url)
          GOT_DEPLOYMENT  id of the deployment (--deployment)
          GOT_TOKEN       token of the deployment (--token); unlike --token, not visible in the process list
          GOT_TOKEN_FILE  file that contains the token; used if neither --token nor GOT_TOKEN is given
          GOT_TICKET      single-use ticket, exchanged for a token on first use; names the deployment
          GOT_TICKET_FILE file that contains the ticket; used if GOT_TICKET is not set
          GOT_STATE_DIR   directory for the machine id and tokens (/var/lib/goterra, or ~/.local/state/goterra)
          GOT_APIKEY      API key: for create, if the server requires one, and for other commands without a token
          GOT_IDEMPOTENCY_KEY   for create: with the same key, it returns the same deployment (--idempotency-key)
          GOT_CACERT      PEM file with the CA certificates to trust instead of the system's
          HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY   as for curl; lower case works too
          GOT_FENCE       key and ETag of a lease: put and rm fail if it is no longer held (set by elect and once)
          GOT_TRIM        for put of a file or stdin: store only the last GOT_TRIM bytes, from a character boundary
          NO_COLOR        if set, no colors on a terminal

        Exit codes:
          0 success, 1 other error, 2 usage error, 3 timed out or key not found, 4 not authorized or token expired,
          5 deployment gone, 6 deployment failed, 7 server unreachable, 8 lost the race (condition not met)
          run, exec, once, elect and alive exit with the exit code of their command: 128+n if signal n ended it,
          127 if it was not found, 126 if it is not executable

        During a long wait, stderr shows what the program is waiting for. Stdout contains only the requested output.
        Options may be placed before or after the command, and be written with a single dash (-url, -timeout=5).
        """;

    public async Task<int> RunAsync(IReadOnlyList<string> args, CancellationToken cancellationToken)
    {
        var statusWriter = new StatusWriter(
            environment.Error, environment.ErrorIsTerminal, environment.IsInForeground);
        try
        {
            return await ParseAndRunAsync(args, statusWriter, cancellationToken);
        }
        catch (CliException exception)
        {
            statusWriter.WriteLine(exception.Message);
            return (int)exception.ExitCode;
        }
        catch (BrokenPipeException)
        {
            return BrokenPipeException.ExitCode;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            statusWriter.WriteLine(exception.Message);
            return (int)ExitCode.Error;
        }
    }

    private async Task<int> ParseAndRunAsync(
        IReadOnlyList<string> args, StatusWriter statusWriter, CancellationToken cancellationToken)
    {
        if (args.Count > 0 && args[0] == HelpCommand.Word)
            args = [.. args.Skip(1), "--help"];
        var root = BuildRoot(statusWriter);
        var parsed = root.Parse(
            new ArgumentNormalizer(root).Normalize(args),
            // No response files: `put KEY @FILE` has another meaning.
            new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });

        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            throw CliException.Usage($"{parsed.Errors[0].Message} See {UsageHint(parsed)}.");

        using var help = new StringWriter();
        var exitCode = await parsed.InvokeAsync(
            new InvocationConfiguration
            {
                Output = help,
                Error = environment.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // SIGINT and SIGTERM end the process at once, with 130 and 143
            },
            cancellationToken);
        new ValueOutput(environment.Output).WriteText(help.ToString());
        return exitCode;
    }

    private Command BuildRoot(StatusWriter statusWriter)
    {
        var options = new ConnectionOptions();
        var context = new CommandContext(
            new SessionFactory(options, environment, statusWriter), environment, statusWriter);
        return new Command(Name, Description)
        {
            new HelpFlag(), new VersionFlag(),
            options.Url, options.Deployment, options.Token, options.Timeout,
            new CreateCommand(context),
            new GetCommand(context),
            new PutCommand(context),
            new WaitCommand(context),
            new ListCommand(context),
            new StatusCommand(context),
            new WatchCommand(context),
            new OpenCommand(context),
            new RunCommand(context),
            new ExecCommand(context),
            new OnceCommand(context),
            new ElectCommand(context),
            new AliveCommand(context),
            new FailCommand(context),
            new ResumeCommand(context),
            new RemoveCommand(context),
            new DeleteCommand(context),
            new DoctorCommand(context),
            new RenewCommand(context),
            new TokenCommand(context),
            new RevokeCommand(context),
            new TicketCommand(context),
            new DeploymentsCommand(context),
            new NamespacesCommand(context),
            new NamespaceCommand(context),
            new CompletionCommand(context),
            new HelpCommand(),
        };
    }

    private static string UsageHint(ParseResult parsed) =>
        parsed.CommandResult.Parent is null
            ? $"{Name} -h"
            : $"{Name} {ArgumentNormalizer.NameOf(parsed.CommandResult.Command)} -h";
}
