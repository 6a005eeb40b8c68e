using System.Reflection;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Goterra.Tests.Support;

/// <param name="From">The folder that uses the other one; empty for the project's root.</param>
/// <param name="To">The folder that is used.</param>
/// <param name="Examples">Uses of it, such as <c>GetCommand -> ValueKey</c>.</param>
public sealed record FolderDependency(string From, string To, IReadOnlyList<string> Examples)
{
    public override string ToString() => $"{From} -> {To}: {string.Join(", ", Examples.Take(5))}";
}

/// <summary>
/// Which folders of a project use which, read from its compiled code: signatures, attributes, fields, locals and
/// instructions. A namespace stands for the folder of its name. Constants and <c>nameof</c> leave no trace in compiled
/// code.
/// </summary>
public static class FolderDependencies
{
    /// <param name="assembly">The compiled project.</param>
    /// <param name="rootNamespace">The namespace of the project's root folder; types outside of it don't count.</param>
    public static IReadOnlyList<FolderDependency> Read(Assembly assembly, string rootNamespace)
    {
        using var module = ModuleDefinition.ReadModule(assembly.Location);
        var uses =
            from type in module.Types
            from used in TypesUsedBy(type).SelectMany(Parts).Select(Outermost).Distinct()
            let example =
                (From: FolderOf(type, rootNamespace), To: FolderOf(used, rootNamespace),
                    Text: $"{type.Name} -> {used.Name}")
            where example.From is not null && example.To is not null && example.From != example.To
            select example;
        return
        [
            .. uses.Distinct().GroupBy(use => (use.From, use.To)).OrderBy(group => group.Key)
                .Select(
                    group => new FolderDependency(
                        group.Key.From!, group.Key.To!,
                        [.. group.Select(use => use.Text).Order(StringComparer.Ordinal)])),
        ];
    }

    /// <summary>The dependencies that lead upwards, or from or to a folder that the order does not name.</summary>
    /// <param name="dependencies">What <see cref="Read"/> found.</param>
    /// <param name="topDown">All folders, each before those that it may use. Folders in one string, separated by
    /// blanks, don't know each other.</param>
    public static IReadOnlyList<FolderDependency> Violations(
        IEnumerable<FolderDependency> dependencies, params string[] topDown)
    {
        var levels = topDown
            .SelectMany((folders, level) => folders.Split(' ').Select(folder => (folder, level)))
            .ToDictionary(entry => entry.folder, entry => entry.level);
        return [.. dependencies.Where(
            edge => !levels.TryGetValue(
                edge.From, out var from) || !levels.TryGetValue(edge.To, out var to) || from >= to)];
    }

    /// <summary>The folders that use each other, directly or by way of others: one list for each knot.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Cycles(IReadOnlyList<FolderDependency> dependencies)
    {
        var folders = dependencies.SelectMany(
            edge => new[] { edge.From, edge.To }).Distinct().Order(StringComparer.Ordinal).ToList();
        var reachable = folders.ToDictionary(folder => folder, folder => Reachable(folder, dependencies));
        return
        [
            .. folders.Where(folder => reachable[folder].Contains(folder))
                .GroupBy(
                    folder => folders.First(
                        other => reachable[folder].Contains(other) && reachable[other].Contains(folder)))
                .Select(knot => (IReadOnlyList<string>)[.. knot]),
        ];
    }

    private static HashSet<string> Reachable(string start, IReadOnlyList<FolderDependency> dependencies)
    {
        var found = new HashSet<string>();
        var open = new Stack<string>([start]);
        while (open.TryPop(out var folder))
        {
            foreach (var edge in dependencies.Where(edge => edge.From == folder && found.Add(edge.To)))
                open.Push(edge.To);
        }

        return found;
    }

    private static string? FolderOf(TypeReference type, string root)
    {
        if (type.Namespace == root)
            return "";
        return type.Namespace.StartsWith(root + ".", StringComparison.Ordinal)
            ? type.Namespace[(root.Length + 1)..].Replace('.', '/')
            : null;
    }

    /// <summary>Nested types, compiler-generated ones among them, count as the type that declares them.</summary>
    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }

    private static IEnumerable<TypeReference> TypesUsedBy(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(implemented => implemented.InterfaceType),
        .. Attributes(type),
        .. Constraints(type),
        .. type.Fields.SelectMany(field => Attributes(field).Append(field.FieldType)),
        .. type.Properties.SelectMany(property => Attributes(property).Append(property.PropertyType)),
        .. type.Events.SelectMany(happening => Attributes(happening).Append(happening.EventType)),
        .. type.Methods.SelectMany(TypesUsedBy),
        .. type.NestedTypes.SelectMany(TypesUsedBy),
    ];

    private static IEnumerable<TypeReference> TypesUsedBy(MethodDefinition method) =>
    [
        method.ReturnType,
        .. Attributes(method),
        .. Attributes(method.MethodReturnType),
        .. Constraints(method),
        .. method.Parameters.SelectMany(parameter => Attributes(parameter).Append(parameter.ParameterType)),
        .. method.HasBody ? TypesUsedBy(method.Body) : [],
    ];

    private static IEnumerable<TypeReference> TypesUsedBy(Mono.Cecil.Cil.MethodBody body) =>
    [
        .. body.Variables.Select(variable => variable.VariableType),
        .. body.ExceptionHandlers.Select(handler => handler.CatchType),
        .. body.Instructions.SelectMany(TypesUsedBy),
    ];

    private static IEnumerable<TypeReference> TypesUsedBy(Instruction instruction) => instruction.Operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        MethodReference method =>
        [
            method.DeclaringType,
            method.ReturnType,
            .. method.Parameters.Select(parameter => parameter.ParameterType),
            .. (method as GenericInstanceMethod)?.GenericArguments ?? [],
        ],
        CallSite call => [call.ReturnType, .. call.Parameters.Select(parameter => parameter.ParameterType)],
        _ => [],
    };

    private static IEnumerable<TypeReference> Constraints(IGenericParameterProvider generic) =>
        generic.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(
            constraint => constraint.ConstraintType);

    private static IEnumerable<TypeReference> Attributes(Mono.Cecil.ICustomAttributeProvider decorated) =>
        decorated.CustomAttributes.SelectMany(attribute => attribute.ConstructorArguments
            .Concat(attribute.Properties.Select(property => property.Argument))
            .Concat(attribute.Fields.Select(field => field.Argument))
            .Select(argument => argument.Value)
            .OfType<TypeReference>()
            .Append(attribute.AttributeType));

    /// <summary>The types that a type is made of: of <c>List&lt;ValueKey[]&gt;</c> the list and the key.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.Append(generic.ElementType).SelectMany(Parts),
        IModifierType modified => Parts(modified.ElementType).Concat(Parts(modified.ModifierType)),
        FunctionPointerType pointer =>
            pointer.Parameters.Select(
                parameter => parameter.ParameterType).Append(pointer.ReturnType).SelectMany(Parts),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };
}
