using System.Runtime.InteropServices;
using System.Text;

namespace Goterra.Cli.Processes;

/// <summary>Puts a command in the place of this very process: same id, same streams, same signals, nothing in between.</summary>
internal static class Execution
{
    /// <exception cref="CannotStartException">It could not be done; otherwise there is nobody left to come back.</exception>
    public static CannotStartException Replace(ChildCommand command)
    {
        var program = command.FindProgram();
        // Never freed: the kernel does that, with all else.
        var arguments = Strings(command.Words.Select(Encoding.UTF8.GetBytes));
        var variables = Strings(command.Environment.Variables.Select(variable => (byte[])[.. Encoding.UTF8.GetBytes(variable.Key), (byte)'=', .. variable.Value]));
        Libc.StopIgnoringBrokenPipes();
        _ = Libc.Execute(Copy(Encoding.UTF8.GetBytes(program)), arguments, variables);

        var error = Marshal.GetLastPInvokeError();
        return error == Libc.TooBig
            ? new CannotStartException(CannotStartException.NotExecutable, $"{program}: values, environment and arguments together are longer than the kernel takes: choose fewer with --prefix")
            : CannotStartException.From(error, program, Marshal.GetPInvokeErrorMessage(error));
    }

    private static nint[] Strings(IEnumerable<byte[]> texts) => [.. texts.Select(Copy), 0];

    private static nint Copy(byte[] text)
    {
        var copy = Marshal.AllocHGlobal(text.Length + 1);
        Marshal.Copy((byte[])[.. text, 0], 0, copy, text.Length + 1);
        return copy;
    }
}
