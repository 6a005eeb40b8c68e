using System.Runtime.InteropServices;
using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>Replaces this process by a command, with the same id, streams and signals.</summary>
internal static class ProcessReplacement
{
    /// <summary>Returns only if the command could not be started.</summary>
    public static CommandStartException Execute(ChildCommand command)
    {
        var program = command.FindProgram();
        // Never freed: execve discards the memory.
        var arguments = Strings(command.Words.Select(Encoding.UTF8.GetBytes));
        var variables = Strings(command.Environment.Variables.Select(
            variable => (byte[])[.. Encoding.UTF8.GetBytes(variable.Key), (byte)'=', .. variable.Value]));

        Libc.RestoreBrokenPipeSignal();
        _ = Libc.Execute(Copy(Encoding.UTF8.GetBytes(program)), arguments, variables);
        var error = Marshal.GetLastPInvokeError();
        return error == Libc.TooBig
            ? new CommandStartException(
                CommandStartException.NotExecutable,
                $"{program}: values, environment and arguments together exceed the limit of the kernel: "
                + "select fewer keys with --prefix")
            : CommandStartException.From(error, program, Marshal.GetPInvokeErrorMessage(error));
    }

    private static nint[] Strings(IEnumerable<byte[]> texts) => [.. texts.Select(Copy), 0];

    private static nint Copy(byte[] text)
    {
        var copy = Marshal.AllocHGlobal(text.Length + 1);
        Marshal.Copy((byte[])[.. text, 0], 0, copy, text.Length + 1);
        return copy;
    }
}
